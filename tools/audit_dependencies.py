"""Look the installed packages up among known vulnerabilities, and say so if that was not possible.

``pip-audit`` ends well when it could look nothing up at all; this does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

#: Exit codes: vulnerabilities were found; nothing could be looked up.
FOUND, NOT_REACHED = 1, 3


def told(report: dict[str, list[dict[str, object]]]) -> tuple[int, list[str]]:
    """Turn the report of ``pip-audit`` into an exit code and lines.

    Parameters
    ----------
    report
        Its JSON.

    Returns
    -------
    tuple
        The exit code and the lines.
    """
    packages = report.get("dependencies", [])
    skipped = [one for one in packages if "skip_reason" in one]
    if not packages or len(skipped) == len(packages):
        what = f"could not be reached, or knew none of {len(packages)} packages"
        return NOT_REACHED, [f"NOT AUDITED: the service of known vulnerabilities {what}; try with a network"]
    lines = []
    for one in packages:
        flaws = one.get("vulns", [])
        assert isinstance(flaws, list)
        for flaw in flaws:
            mended = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
            lines.append(f"{one['name']} {one['version']}: {flaw['id']}, mended in {mended}")
    lines.append(f"{len(packages) - len(skipped)} packages looked up, {len(lines)} vulnerabilities")
    lines += [f"not looked up: {one['name']}: {one['skip_reason']}" for one in skipped]
    return (FOUND if len(lines) > 1 + len(skipped) else 0), lines


def main() -> int:
    """Audit the packages of a folder."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.stderr.write("usage: audit_dependencies.py SITE-PACKAGES\n")
        return 2
    command = [sys.executable, "-m", "pip_audit", "--path", sys.argv[1], "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(ended.stdout)
    except ValueError:
        reason = (ended.stderr.strip().splitlines() or ["no answer"])[-1]
        sys.stdout.write(f"NOT AUDITED: {reason}\n")
        return NOT_REACHED
    code, lines = told(report)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main())
