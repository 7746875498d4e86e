"""How fast showers are written, read and streamed into training batches, and in how much memory.

    python benchmarks/bench_streaming.py [--events N]

The showers are made up, but as sparse as those of the ZDC's crystals: a third of the cells are hit.
Each measurement runs in a process of its own, for N events and for 4 N, so that memory which grows
with the number of events would show. Speeds are per second of processor time, one core, since other
work on the machine changes the clock on the wall.
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

import numpy as np

RESULTS = Path(__file__).parent / "results"
PORTION = 2000
TASKS = {
    "write": "append portions of 2,000 showers",
    "read": "read in order, 1,024 at a time",
    "validate": "check every value",
    "fit": "fit the transforms",
    "stream": "shuffled batches of 128 from disk",
    "kept": "shuffled batches of 128 from memory",
}


def showers(first: int, n: int):
    from showerkit.data.records import IncidentParticles, Showers

    random = np.random.default_rng(first)
    energy = random.uniform(100.0, 2e4, n).astype(np.float32)
    share = random.exponential(size=(n, 400)).astype(np.float32) * (random.random((n, 400)) < 0.33)
    deposits = 0.6 * energy[:, None] * share / np.maximum(share.sum(axis=1, keepdims=True), 1.0)
    momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
    incident = IncidentParticles(np.full(n, 22), energy, momentum, np.tile([0.0, 0.0, -202.0], (n, 1)))
    return Showers(incident, deposits, np.arange(first, first + n))


def write(path: Path, n: int) -> float:
    from showerkit.data.shower_file import FileMetadata, ShowerWriter
    from showerkit.geometry import load_detector

    metadata = FileMetadata(generator="made up", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    spent = 0.0
    with ShowerWriter(path, metadata, overwrite=True) as writer:
        for first in range(0, n, PORTION):
            portion = showers(first, min(PORTION, n - first))
            start = time.process_time()
            writer.append(portion)
            spent += time.process_time() - start
    return spent


def read(path: Path, n: int) -> float:
    from showerkit.data.shower_file import ShowerFile

    start = time.process_time()
    with ShowerFile(path) as sample:
        done = sum(len(batch) for batch in sample.iterate(1024))
    if done != n:
        raise RuntimeError(f"{done} of {n} events were read")
    return time.process_time() - start


def validate(path: Path, n: int) -> float:
    from showerkit.data.validation import violations

    start = time.process_time()
    if violations(path):
        raise RuntimeError("the file is not valid")
    return time.process_time() - start


def fit(path: Path, n: int) -> float:
    from showerkit.data.datasets import fit_transforms
    from showerkit.data.splits import SplitConfig

    start = time.process_time()
    fit_transforms(path, SplitConfig(), inputs=("energy",))
    return time.process_time() - start


def stream(path: Path, n: int, memory_mb: float = 0.0) -> float:
    from showerkit.data.condition_transform import ConditionTransform
    from showerkit.data.datasets import ShowerBatches
    from showerkit.data.splits import SplitConfig

    energy = ConditionTransform(inputs=("energy",), normalisation="none", offset=(0.0,), scale=(1.0,))
    batches = ShowerBatches(
        path, energy, batch_size=128, split=SplitConfig(), part="all", memory_mb=memory_mb
    )
    if memory_mb:
        next(iter(batches))  # the first epoch reads the file
    start = time.process_time()
    done = sum(len(batch["energy"]) for batch in batches)
    if done != n:
        raise RuntimeError(f"{done} of {n} events were streamed")
    return time.process_time() - start


def measure(task: str, path: Path, n: int) -> dict[str, float]:
    """Run one task in a process of its own: events per second and peak memory."""
    command = [sys.executable, __file__, "--task", task, "--file", str(path), "--events", str(n)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def run_task(task: str, path: Path, n: int) -> None:
    functions = {"write": write, "read": read, "validate": validate, "fit": fit, "stream": stream}
    seconds = stream(path, n, memory_mb=1e5) if task == "kept" else functions[task](path, n)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"events_per_s": n / seconds, "peak_mb": peak_mb}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=25_000)
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        run_task(options.task, options.file, options.events)
        return
    table = {}
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':38}{'events/s':>10}{'':>10}{'peak MB':>10}")
        print(f"{'events':38}" + f"{options.events:>10}{4 * options.events:>10}" * 2)
        for task, title in TASKS.items():
            rows = [measure(task, Path(folder) / f"{n}.h5", n) for n in (options.events, 4 * options.events)]
            table[task] = dict(zip(("n", "4n"), rows, strict=True))
            print(
                f"{title:38}"
                + "".join(f"{row['events_per_s']:>10.0f}" for row in rows)
                + "".join(f"{row['peak_mb']:>10.0f}" for row in rows)
            )
        size = (Path(folder) / f"{options.events}.h5").stat().st_size / options.events
        print(f"bytes a shower: {size:.0f} (uncompressed {4 * 400})")
    RESULTS.mkdir(exist_ok=True)
    summary = {
        "events": options.events,
        "tasks": table,
        "bytes_per_shower": size,
        "machine": platform.processor() or platform.machine(),
    }
    (RESULTS / "streaming.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
