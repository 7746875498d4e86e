"""Rate of a local Dask cluster against that of the plain worker pool, at the same number of processes.

    python benchmarks/bench_dask.py [--chunks N] [--chunk-events N] [--rounds N] [--processes N]

Both simulate the same chunks of electrons of 10 GeV, in turns. Clocks run from the first chunk that is there
to the last one, without the start of processes. The processor time of all processes per chunk is printed too:
it says what Dask itself takes, also on a machine that does other work, where rates by the clock scatter.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil

from showerkit.geometry import load_detector
from showerkit.simulate.cluster.connection import connected
from showerkit.simulate.cluster.settings import LocalConfig
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_pool import LocalWorkers

WITHIN = 0.05
RESULTS = Path(__file__).parent / "results"


def all_cpu_s() -> float:
    """Processor time of this process and of all below it."""
    own = psutil.Process()
    total_s = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total_s += times.user + times.system
    return total_s


def measure(runner, settings, data, chunks: int, chunk_events: int) -> dict[str, float]:
    """Simulate on a runner; give chunks a second and processor seconds a chunk."""
    detector = settings.detector
    electrons = PrimaryConfig(energy_gev=10.0)

    def primaries_of(chunk):
        ids = np.arange(chunk * chunk_events, (chunk + 1) * chunk_events)
        return electrons.sample(1, ids, detector), ids

    with tempfile.TemporaryDirectory() as folder:
        results = simulate_chunks(
            settings, data.environment, range(chunks), primaries_of, runner=runner, log_dir=Path(folder)
        )
        with closing(results):
            energy_mev = float(next(results).showers.energy_mev.sum())
            began_s, began_cpu_s = time.perf_counter(), all_cpu_s()
            for done in range(1, chunks):
                energy_mev += float(next(results).showers.energy_mev.sum())
                if done == chunks - 1:
                    wall_s, cpu_s = time.perf_counter() - began_s, all_cpu_s() - began_cpu_s
    return {
        "chunks_per_s": (chunks - 1) / wall_s,
        "cpu_s_per_chunk": cpu_s / (chunks - 1),
        "energy_gev": round(energy_mev / 1000, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chunks", type=int, default=40)
    parser.add_argument("--chunk-events", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    data = find_physics_data()
    settings = Geant4Settings(detector=load_detector("zdc-ecal"), seed=1)
    size = (settings, data, options.chunks, options.chunk_events)
    seen: dict[str, list[dict[str, float]]] = {"pool": [], "dask": []}
    for _ in range(options.rounds):
        seen["pool"].append(measure(LocalWorkers(options.processes), *size))
        with connected(LocalConfig(processes=options.processes)) as runner:
            seen["dask"].append(measure(runner, *size))
    energies = {round(one["energy_gev"], 1) for rounds in seen.values() for one in rounds}
    if len(energies) != 1:
        print(f"the showers differ: {energies}")
        return 1
    middle = {
        name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in seen.items()
    }
    ratio = {key: middle["dask"][key] / middle["pool"][key] for key in ("chunks_per_s", "cpu_s_per_chunk")}
    print(
        f"{options.processes} processes, {options.chunks} chunks of {options.chunk_events} showers,"
        f" median of {options.rounds} rounds"
    )
    for name, one in middle.items():
        print(f"{name:>5}: {one['chunks_per_s']:8.3f} chunks/s {one['cpu_s_per_chunk']:8.3f} core s a chunk")
    print(f"ratio: {ratio['chunks_per_s']:8.3f} by the clock, wanted within {100 * WITHIN:g} %;")
    load = os.getloadavg()[0]
    print(f"       {ratio['cpu_s_per_chunk']:8.3f} in processor time; load of the machine {load:.1f}")
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "options": vars(options),
        "rounds": seen,
        "ratio": ratio,
    }
    (RESULTS / "dask.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0 if ratio["chunks_per_s"] >= 1 - WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
