"""What Dask takes beside the simulations: of the cores while nothing is simulated, and for each chunk.

    python benchmarks/dask_upkeep.py [--events N] [--chunks N] [--seconds N] [--dask-defaults]

The chunks are empty: they hold the showers' arrays and no simulation makes them, so that all of the processor
time is that of running them. With ``--dask-defaults`` Dask looks after itself as often as it does by itself.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from bench_dask import own_cpu_s

from showerkit.simulate.chunk_runner import WorkerProgram
from showerkit.simulate.cluster import dask_upkeep
from showerkit.simulate.cluster.connection import connected
from showerkit.simulate.cluster.settings import LocalConfig
from showerkit.simulate.worker_pool import LocalWorkers

CELLS = 400
PROCESSES = 2
#: After this long workers have ended what they do at their start, in s.
SETTLED_S = 6.0


class EmptySimulation:
    """Gives showers without any energy."""

    version = "none"

    def __init__(self, setup, check) -> None:
        self._shape = (setup["events"], CELLS)

    def simulate(self, chunk, arrays):
        return {"energy_mev": np.zeros(self._shape)}


def main() -> None:
    """Serve as a worker, or measure."""
    from showerkit.simulate.worker_service import serve

    serve(EmptySimulation)


def core_s_per_chunk(runner, events: int, chunks: int) -> float:
    """Processor time of all processes for an empty chunk."""
    with tempfile.TemporaryDirectory() as folder:
        program = WorkerProgram("Empty", Path(__file__).stem, {"events": events}, Path(folder))
        results = runner.run(
            program,
            itertools.count(),
            lambda chunk: {"incident": np.zeros((events, 7))},
            events_of=lambda chunk: (chunk * events, (chunk + 1) * events - 1),
        )
        with closing(results):
            for _ in range(10):
                next(results)
            began_s = own_cpu_s()
            for _ in range(chunks):
                next(results)
            return (own_cpu_s() - began_s) / chunks


def measure() -> None:
    """Print the three figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=64)
    parser.add_argument("--chunks", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--dask-defaults", action="store_true")
    options = parser.parse_args()
    if options.dask_defaults:
        dask_upkeep.SELDOM.clear()
    pool_s = core_s_per_chunk(LocalWorkers(PROCESSES), options.events, options.chunks)
    with connected(LocalConfig(processes=PROCESSES)) as runner:
        runner._client.wait_for_workers(PROCESSES)
        time.sleep(SETTLED_S)
        began_s, cpu_s = time.perf_counter(), own_cpu_s()
        time.sleep(options.seconds)
        idle = (own_cpu_s() - cpu_s) / (time.perf_counter() - began_s)
        dask_s = core_s_per_chunk(runner, options.events, options.chunks)
    print(f"pool: {1000 * pool_s:.1f} core ms a chunk of {options.events} showers")
    print(f"Dask: {1000 * dask_s:.1f} core ms a chunk; {idle:.4f} cores while nothing is simulated")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    measure()
