"""Memory and time that `showerkit evaluate` takes on large files of the CaloChallenge's layout.

    python benchmarks/bench_voxel_memory.py
    python benchmarks/bench_voxel_memory.py --reference 100000 --candidate 4000 -- --classifier high

Showers are made up (`made_up_voxels.py`), those to be judged 5 % longer; what follows `--` goes to
`evaluate`, which runs in a process of its own. Peak memory is that process's largest resident set, times are
processor times. `--keep FOLDER` keeps the files, and uses those that it holds already.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

AIM_GIB = 8.0


def make(path: Path, geometry: str, showers: int, seed: int, depth: float) -> None:
    """Make a file up in a process of its own, whose memory does not count."""
    program = Path(__file__).with_name("made_up_voxels.py")
    words = [sys.executable, str(program), geometry, str(showers), str(seed), str(path)]
    subprocess.run([*words, "--depth", str(depth)], check=True)


def measured(words: list[str]) -> tuple[float, float]:
    """Run `showerkit evaluate`; its peak memory in GiB and its processor time in s."""
    process = subprocess.Popen([sys.executable, "-m", "showerkit", "evaluate", *words])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"evaluate ended with {process.returncode}")
    return _gib(used), used.ru_utime + used.ru_stime


def _gib(used: resource.struct_rusage) -> float:
    # Linux counts in KiB, macOS in bytes.
    return used.ru_maxrss * (1 if platform.system() == "Darwin" else 1024) / 2**30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dataset", default="2", help="which of the challenge's: 1-photons, 1-pions, 2, 3")
    parser.add_argument("--reference", type=int, default=100_000, help="showers of the reference")
    parser.add_argument("--candidate", type=int, default=100_000, help="showers to be judged")
    parser.add_argument("--keep", type=Path, help="folder for the files")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("words", nargs="*", help="options of evaluate, after --")
    given = parser.parse_args()
    geometry = f"calochallenge-{given.dataset}"
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for seed, (kind, showers) in enumerate(
            [("reference", given.reference), ("candidate", given.candidate)], 1
        ):
            files.append(folder / f"{geometry}-{kind}-{showers}.hdf5")
            if not files[-1].exists():
                make(files[-1], geometry, showers, seed, 1.0 if seed == 1 else 1.05)
        words = [*map(str, files), "--geometry", geometry, *given.words, "-o", f"{name}/report"]
        gib, cpu_s = measured(words)
        figures = json.loads((Path(name) / "report" / "metrics.json").read_text(encoding="utf-8"))
    row = {
        "dataset": given.dataset,
        "reference": given.reference,
        "candidate": given.candidate,
        "options": given.words,
        "peak_gib": round(gib, 2),
        "cpu_s": round(cpu_s, 1),
        "measures": len(figures["candidates"][0]["measures"]),
    }
    print(json.dumps(row))
    if given.json is not None:
        given.json.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return 0 if gib <= AIM_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
