"""Print which compiled dependencies have a wheel for which Python, as the package index has them now.

    python tools/wheels_for_pythons.py [3.12 3.13 ...]

Nothing is installed, and where the index gives the metadata alone nothing is downloaded. The packages are
those that the Makefile asks as wheels, in the versions that pyproject.toml and constraints.txt allow; the
platform is this machine's. The exit code is 1 if the package itself cannot be installed for one of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def bare(requirement: str) -> str:
    """Name of the package of a requirement, as indices write it."""
    name = re.match(r"[\w.-]+", requirement)
    if name is None:
        raise ValueError(f"not a requirement: {requirement}")
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def compiled() -> dict[str, str]:
    """Requirements of the packages with compiled code, by name."""
    makefile = (REPOSITORY / "Makefile").read_text()
    names = re.search(r"^WHEELS := (\S+)$", makefile, re.MULTILINE)
    if names is None:
        raise SystemExit("the Makefile has no line 'WHEELS := ...'")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    asked = [
        *project["project"]["dependencies"],
        *(each for extra in project["project"]["optional-dependencies"].values() for each in extra),
        *(each for each in project["dependency-groups"]["test"]),
    ]
    requirements = {bare(each): each for each in asked}
    return {name: requirements.get(name, name) for name in names[1].split(",")}


def wheels(requirements: dict[str, str], python: str) -> dict[str, str]:
    """Versions whose wheels pip would take, by package; those without any are missing."""
    asked = dict(requirements)
    while asked:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = [
                *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"),
                *("--ignore-installed", "--only-binary", ":all:", "--python-version", python),
                *("--target", folder, "--constraint", str(REPOSITORY / "constraints.txt")),
                *("--report", str(report), *asked.values()),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                found = [one["metadata"] for one in json.loads(report.read_text())["install"]]
                return {bare(one["name"]): str(one["version"]) for one in found}
        missing = {
            bare(each) for each in re.findall(r"No matching distribution found for (\S+)", done.stderr)
        }
        missing |= {bare(each) for each in re.findall(r"Cannot install (\S+)", done.stderr)}
        if not missing & asked.keys():
            raise SystemExit(done.stderr)
        asked = {name: each for name, each in asked.items() if name not in missing}
    return {}


def main(pythons: list[str]) -> int:
    """Print the table; give the exit code."""
    requirements = compiled()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    needed = {bare(each) for each in project["dependencies"]}
    found = {python: wheels(requirements, python) for python in pythons}
    print("| package | " + " | ".join(pythons) + " |")
    print("| --- " * (len(pythons) + 1) + "|")
    for name in requirements:
        print(f"| {name} | " + " | ".join(found[python].get(name, "none") for python in pythons) + " |")
    missing = [
        f"{name} for Python {python}"
        for python in pythons
        for name in sorted(needed & requirements.keys() - found[python].keys())
    ]
    if missing:
        print("showerkit itself cannot be installed without: " + ", ".join(missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(PYTHONS)))
