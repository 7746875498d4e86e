"""How simulation scales: two workers against one, and memory against the number of events.

    python benchmarks/bench_simulation_scaling.py [--events N]

Wall times say something only on a machine that does nothing else; the share of a core that the workers
got while they ran is printed beside them. Where it is below 0.95, other work had the cores.
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
import time
from pathlib import Path

from showerkit.simulate.geant4.physics_data import find_physics_data

SPEEDUP = 1.8
GROWTH = 1.05
RESULTS = Path(__file__).parent / "results"


def inside(n: int, workers: int, energy_gev: float) -> None:
    """Run in a process of its own; print the wall and processor times and the peak memory."""
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow.simulate import simulate

    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        simulate(
            "zdc-ecal",
            Path(folder) / "a.h5",
            n=n,
            primaries=PrimaryConfig(energy_gev=energy_gev),
            workers=workers,
        )
        wall_s = time.perf_counter() - started
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        json.dumps(
            {
                "wall_s": wall_s,
                "cpu_s": children.ru_utime + children.ru_stime,
                "client_mib": own.ru_maxrss / 1024,
                "worker_mib": children.ru_maxrss / 1024,
            }
        )
    )


def measure(n: int, workers: int, energy_gev: float) -> dict[str, float]:
    printed = subprocess.run(
        [sys.executable, __file__, "--inside", str(n), str(workers), str(energy_gev)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ).stdout
    return json.loads(printed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=600, help="events of 10 GeV for the speed")
    parser.add_argument("--memory-events", type=int, default=5000, help="events of 10 MeV for the memory")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        n, workers, energy = options.inside
        inside(int(n), int(workers), float(energy))
        return 0
    find_physics_data()  # built once, before any clock runs
    speed = {workers: measure(options.events, workers, 10.0) for workers in (1, 2)}
    for workers, seen in speed.items():
        share = seen["cpu_s"] / seen["wall_s"] / workers
        print(f"{workers} workers: {seen['wall_s']:7.1f} s, each had {share:.2f} of a core")
    speedup = speed[1]["wall_s"] / speed[2]["wall_s"]
    print(f"speed-up {speedup:.2f}, wanted {SPEEDUP}")
    memory = {n: measure(n, 2, 0.01) for n in (options.memory_events, 4 * options.memory_events)}
    for n, seen in memory.items():
        print(
            f"{n:>7} events: client {seen['client_mib']:.0f} MiB, worker {seen['worker_mib']:.0f} MiB at most"
        )
    few, many = memory.values()
    growth = max(many[key] / few[key] for key in ("client_mib", "worker_mib"))
    print(f"growth of memory at four times the events {growth:.3f}, allowed {GROWTH}")
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "speed": speed,
        "speedup": speedup,
        "memory": memory,
    }
    (RESULTS / "simulation_scaling.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0 if speedup >= SPEEDUP and growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
