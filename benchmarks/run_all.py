"""Run every benchmark that needs nothing but this project, and tell how long each took.

    python benchmarks/run_all.py [--only WORD ...]

Benchmarks against the code of another project want an environment of their own: they are named at the end
with what they need. The exit code is 1 if a benchmark failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
#: What the benchmarks against other projects want to be told, and where it is described.
PEERS = {
    "bench_calochallenge": "--code FOLDER of CaloChallenge/homepage: see peers/calochallenge_peer.py",
    "bench_jet_metrics": "--peer-python of JetNet's environment: see peers/jet_metrics_peer.py",
    "bench_particle_flow": "--peer-python of EnergyFlow's environment, and two files of matched jets: "
    "see peers/energyflow_pfn_peer.py",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="WORD", help="those whose name has one of these words")
    words = parser.parse_args().only or [""]
    names = [path.stem for path in sorted(HERE.glob("bench_*.py"))]
    told = []
    for name in (name for name in names if any(word in name for word in words)):
        if name in PEERS:
            told.append((name, f"not run, it needs {PEERS[name]}"))
            continue
        print(f"== {name}", flush=True)
        start = time.perf_counter()
        code = subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode
        told.append((name, f"{time.perf_counter() - start:.0f} s" + (f", FAILED ({code})" if code else "")))
    print("== all")
    for name, how in told:
        print(f"{name:28s}{how}")
    return any("FAILED" in how for _, how in told)


if __name__ == "__main__":
    sys.exit(main())
