"""Rate of a local Dask cluster against that of the plain worker pool, at the same number of processes.

    python benchmarks/bench_dask.py [--pairs N] [--seconds N] [--chunk-events N] [--processes N]

Both simulate the same chunks of electrons of 10 GeV, in turns (pool, Dask, Dask, pool, ...), so that what
drifts takes from both alike. A turn is three numbers: the time until every worker has given a chunk, the rate
from then on for so many seconds, and the processor time of all processes for a chunk in these. What the
simulations themselves take of it is reported by the workers; the rest is what running them costs.

The rate by the clock says something only on a machine that does nothing else: the share of the cores that
others took in the meantime is printed beside it. Processor time can be compared on a busy one too. Errors
are those of the mean over the pairs. The exit code is 1 if Dask is slower than wanted beyond two errors.
"""

from __future__ import annotations

import argparse
import json
import math
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
#: With more than this share of the cores taken by others the clock is no judge.
CALM = 0.03
#: More chunks than are ever simulated.
ENDLESS = 1_000_000
RESULTS = Path(__file__).parent / "results"


def own_cpu_s() -> float:
    """Processor time of this process and of all below it, also of those that have ended."""
    own = psutil.Process()
    total_s = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total_s += times.user + times.system + times.children_user + times.children_system
    return total_s


def machine_cpu_s() -> float:
    """Processor time of everything on this machine."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0)


def turn(runner, began_s: float, size: dict, seen: dict[int, float]) -> dict[str, float]:
    """Simulate on a runner for a while; compare the showers of each chunk with what others gave."""
    settings, chunk_events = size["settings"], size["chunk_events"]
    electrons = PrimaryConfig(energy_gev=10.0)

    def primaries_of(chunk):
        ids = np.arange(chunk * chunk_events, (chunk + 1) * chunk_events)
        return electrons.sample(1, ids, settings.detector), ids

    def check(result) -> float:
        energy_mev = float(result.showers.energy_mev.sum(dtype=float))
        if seen.setdefault(result.chunk, energy_mev) != energy_mev:
            raise SystemExit(f"the showers of chunk {result.chunk} differ")
        return result.cpu_s

    with tempfile.TemporaryDirectory() as folder:
        results = simulate_chunks(
            settings, size["environment"], range(ENDLESS), primaries_of, runner=runner, log_dir=Path(folder)
        )
        with closing(results):
            check(next(results))
            first_s = time.perf_counter() - began_s
            # The last of the workers to start has given a chunk by then.
            for _ in range(2 * size["processes"]):
                check(next(results))
            start_s, chunks, simulated_s = time.perf_counter(), 0, 0.0
            start_cpu_s, start_machine_s = own_cpu_s(), machine_cpu_s()
            while time.perf_counter() - start_s < size["seconds"]:
                simulated_s += check(next(results))
                chunks += 1
            wall_s, cpu_s = time.perf_counter() - start_s, own_cpu_s() - start_cpu_s
            others_s = machine_cpu_s() - start_machine_s - cpu_s
    return {
        "first_chunk_after_s": first_s,
        "chunks": chunks,
        "chunks_per_s": chunks / wall_s,
        "core_s_per_chunk": cpu_s / chunks,
        "simulation_core_s_per_chunk": simulated_s / chunks,
        "rest_core_s_per_chunk": (cpu_s - simulated_s) / chunks,
        "rest_cores": (cpu_s - simulated_s) / wall_s,
        "others_share": others_s / wall_s / (os.cpu_count() or 1),
    }


def mean(values: list[float]) -> tuple[float, float]:
    """Give the mean and its error; that of a single value is not known."""
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.fmean(values), error


def compared(turns: dict[str, list[dict[str, float]]]) -> dict[str, tuple[float, float]]:
    """Give Dask's ratios to the pool, each a mean over the pairs with its error."""
    pairs = list(zip(turns["pool"], turns["dask"], strict=True))
    # The same work costs the same wherever it is done, so both are given the mean of what it cost.
    work_s = statistics.fmean(one["simulation_core_s_per_chunk"] for each in turns.values() for one in each)
    rest_s = mean([dask["rest_core_s_per_chunk"] - pool["rest_core_s_per_chunk"] for pool, dask in pairs])
    pool_s = work_s + statistics.fmean(one["rest_core_s_per_chunk"] for one in turns["pool"])
    return {
        "rate": mean([dask["chunks_per_s"] / pool["chunks_per_s"] for pool, dask in pairs]),
        "core_s": mean([dask["core_s_per_chunk"] / pool["core_s_per_chunk"] for pool, dask in pairs]),
        "core_s_for_the_same_work": (1 + rest_s[0] / pool_s, rest_s[1] / pool_s),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=18.0)
    parser.add_argument("--chunk-events", type=int, default=64)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    size = {
        "settings": Geant4Settings(detector=load_detector("zdc-ecal"), seed=1),
        "environment": find_physics_data().environment,
        **vars(options),
    }
    turns: dict[str, list[dict[str, float]]] = {"pool": [], "dask": []}
    energies_mev: dict[int, float] = {}
    print(f"{options.processes} processes, chunks of {options.chunk_events} showers")
    print("      first chunk     rate   core s a chunk: all  simulation     rest  others have")
    for pair in range(options.pairs):
        for name in ("pool", "dask") if pair % 2 == 0 else ("dask", "pool"):
            began_s = time.perf_counter()
            if name == "pool":
                one = turn(LocalWorkers(options.processes), began_s, size, energies_mev)
            else:
                with connected(LocalConfig(processes=options.processes)) as runner:
                    one = turn(runner, began_s, size, energies_mev)
            turns[name].append(one)
            print(
                f"{name:>5} {one['first_chunk_after_s']:9.1f} s {one['chunks_per_s']:8.3f}/s"
                f" {one['core_s_per_chunk']:19.4f} {one['simulation_core_s_per_chunk']:11.4f}"
                f" {one['rest_core_s_per_chunk']:8.4f} {one['others_share']:11.0%}",
                flush=True,
            )
    ratios = compared(turns)
    for name, meaning in (
        ("rate", "rate by the clock"),
        ("core_s", "core seconds a chunk"),
        ("core_s_for_the_same_work", "the same, were the simulations' own time equal"),
    ):
        print(f"Dask / pool: {ratios[name][0]:.3f} +- {ratios[name][1]:.3f}  {meaning}")
    others = max(one["others_share"] for each in turns.values() for one in each)
    value, error = ratios["rate"]
    error = 0.0 if math.isnan(error) else error
    if others > CALM:
        verdict = "the clock is no judge: others used the machine"
    elif value + 2 * error < 1 - WITHIN:
        verdict = "slower than wanted"
    elif value - 2 * error < 1 - WITHIN:
        verdict = "more pairs are needed to tell"
    else:
        verdict = "as wanted"
    print(f"wanted is a rate within {WITHIN:.0%}: {verdict}")
    report = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "options": vars(options),
        "turns": turns,
        "ratios": {name: {"value": value, "error": error} for name, (value, error) in ratios.items()},
        "verdict": verdict,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "dask.json").write_text(json.dumps(report, indent=1) + "\n")
    return 1 if verdict == "slower than wanted" else 0


if __name__ == "__main__":
    sys.exit(main())
