"""How fast jets are made with Pythia 8 and FastJet, on one and on two worker processes.

    python benchmarks/bench_jets.py [--jets N] [--classes g q t w z]

Jets a second by the clock on the wall, with the start of the workers and without it, and by processor
time, which does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def measure(process: str, n: int, workers: int, folder: Path) -> dict[str, float]:
    from showerkit.data.timing import read_timing
    from showerkit.workflow import simulate_jets

    path = folder / f"{process}-{workers}.h5"
    first: list[float] = []

    class FirstJets:
        """Notes when the first block was there."""

        def start(self, what: str, total: int, unit: str) -> None: ...

        def advance(self, done: int) -> None:
            if done and not first:
                first.extend([time.perf_counter(), done])

        def finish(self) -> None: ...

        def note(self, message: str) -> None: ...

    begun = time.perf_counter()
    simulate_jets(process, path, n=n, workers=workers, progress=FirstJets())
    ended = time.perf_counter()
    timing = read_timing(path)
    return {
        "jets_per_s": n / (ended - begun),
        "jets_per_s_running": (n - first[1]) / (ended - first[0]),
        "jets_per_core_s": 1000.0 / timing.ms_per_shower,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jets", type=int, default=2000)
    parser.add_argument("--classes", nargs="+", default=["g", "q", "t", "w", "z"])
    options = parser.parse_args()
    rows = []
    print(f"{'class':<6}{'workers':>8}{'jets/s':>10}{'running':>10}{'per core s':>12}")
    with tempfile.TemporaryDirectory() as name:
        for process in options.classes:
            for workers in (1, 2):
                row = measure(process, options.jets, workers, Path(name))
                rows.append({"class": process, "workers": workers, **row})
                print(
                    f"{process:<6}{workers:>8}{row['jets_per_s']:>10.0f}"
                    f"{row['jets_per_s_running']:>10.0f}{row['jets_per_core_s']:>12.0f}",
                    flush=True,
                )
    RESULTS.mkdir(exist_ok=True)
    result = {"machine": platform.processor(), "cores": os.cpu_count(), "jets": options.jets, "rows": rows}
    (RESULTS / "jets.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
