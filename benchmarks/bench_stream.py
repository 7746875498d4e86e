"""Memory and rate of a stream of shuffled batches over shards, against the rate at which the disk is read.

    python benchmarks/bench_stream.py [--events N N ...] [--workers N] [--folder FOLDER]

Made-up showers in the ZDC's crystals (400 cells, as sparse as Geant4's) lie in shards of 100,000. Only some
shards are really made; the others are copies of them whose events have numbers of their own, each a file of
its own on the disk. Each size is streamed in a process of its own: the index is made, the events of the
training part are counted, one epoch is taken, and the highest resident
memory of the process and of those that read for it is told.

The rate is told in events, in bytes as they lie on the disk and as showers unpack to. What the disk gives is
measured in the same run: the same files are read from begin to end once, after the system was told to forget
them, as it was before the stream. Everything that was written is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

RESULTS = Path(__file__).parent / "results"
HIT_SHARE = 0.067
SHARD = 100_000
WITHIN = 0.05


def make_shard(path: Path, first: int, n: int) -> None:
    """Write one shard of made-up showers."""
    from showerkit.data.records import IncidentParticles, Showers
    from showerkit.data.shower_file import FileMetadata, ShowerWriter
    from showerkit.geometry import load_detector

    metadata = FileMetadata(generator="made up", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    random = np.random.default_rng(first)
    with ShowerWriter(path, metadata) as writer:
        for start in range(first, first + n, 4096):
            ids = np.arange(start, min(start + 4096, first + n))
            energy = random.uniform(100.0, 2e4, len(ids)).astype(np.float32)
            hit = random.random((len(ids), 400), dtype=np.float32) < HIT_SHARE
            share = random.standard_exponential((len(ids), 400), dtype=np.float32) * hit
            deposits = 0.6 * energy[:, None] * share / np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
            momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
            position = np.tile(np.float32([0.0, 0.0, -202.0]), (len(ids), 1))
            incident = IncidentParticles(np.full(len(ids), 22), energy, momentum, position)
            writer.append(Showers(incident, deposits, ids))


def renumber(path: Path, first: int) -> None:
    """Give the events of a copied shard numbers of their own."""
    import h5py

    with h5py.File(path, "r+") as file:
        n = len(file["event_id"])
        file["event_id"][:] = np.arange(first, first + n)


def make_sample(folder: Path, n: int, made: int) -> float:
    """Write a sample, of which `made` shards are drawn and the others copied; give its GB."""
    from showerkit.data.chunk_layout import shard_name

    folder.mkdir()
    per_shard = min(SHARD, n)
    for number in range(-(-n // per_shard)):
        path = folder / shard_name(number)
        if number < made:
            make_shard(path, number * per_shard, per_shard)
        else:
            shutil.copyfile(folder / shard_name(number % made), path)
            renumber(path, number * per_shard)
        if number == 0:
            wanted = path.stat().st_size * n / per_shard
            free = shutil.disk_usage(folder).free
            if free < 1.5 * wanted + 2e9:
                sys.exit(f"{wanted / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
    os.sync()
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e9


def forget(folder: Path) -> None:
    """Tell the system to drop what it has of the files in its memory."""
    for path in folder.glob("*.h5"):
        with path.open("rb") as handle:
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_disk(folder: Path) -> float:
    """Bytes a second that the disk gives, each file read from begin to end."""
    forget(folder)
    buffer, done, start = bytearray(2**23), 0, time.perf_counter()
    for path in sorted(folder.glob("*.h5")):
        with path.open("rb", buffering=0) as handle:
            while read := handle.readinto(buffer):
                done += read
    return done / (time.perf_counter() - start)


def resident_mb(pid: int | str = "self") -> float:
    """Resident memory of a process now, without the pages of files, which the system may take back."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return sum(float(fields[name].split()[0]) for name in ("RssAnon", "RssShmem")) / 1024


def stream(folder: Path, workers: int, buffer: int) -> dict[str, float]:
    """Stream one epoch of the training part."""
    import psutil

    from showerkit.data.condition_transform import ConditionTransform
    from showerkit.data.datasets import ShowerBatches
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import SplitConfig

    energy = ConditionTransform(inputs=("energy",), normalisation="none", offset=(0.0,), scale=(1.0,))
    began = time.perf_counter()
    with ShowerFile(folder) as sample:
        sample.write_index()
    index_s = time.perf_counter() - began
    began = time.perf_counter()
    batches = ShowerBatches(
        folder, energy, batch_size=512, split=SplitConfig(), memory_mb=0.0, buffer_events=buffer
    )
    batches.loader_workers = workers
    count_s = time.perf_counter() - began
    began, cpu = time.perf_counter(), time.process_time()
    done, deposited, together = 0, 0.0, 0.0
    for number, batch in enumerate(batches):
        done += len(batch["energy"])
        deposited += float(batch["energy"][0].sum())
        if number % 200 == 0:
            children = psutil.Process().children(recursive=True)
            together = max(together, resident_mb() + sum(resident_mb(child.pid) for child in children))
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    batches.close()
    if done != batches.n_events or not deposited > 0:
        raise RuntimeError(f"{done} of {batches.n_events} events were streamed")
    return {
        "events": done,
        "wall_s": wall_s,
        "core_s": cpu_s,
        "index_s": index_s,
        "count_s": count_s,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "own_and_readers_mb": together,
    }


def measure(folder: Path, n: int, made: int, workers: int, buffer: int) -> dict[str, float]:
    """Make a sample, stream it in a process of its own, read it plainly, and delete it."""
    sample = folder / f"sample-{n}"
    began = time.perf_counter()
    disk_gb = make_sample(sample, n, made)
    made_s = time.perf_counter() - began
    try:
        forget(sample)
        command = [sys.executable, __file__, "--stream", str(sample), "--workers", str(workers)]
        command += ["--buffer", str(buffer)]
        seen = subprocess.run(command, capture_output=True, text=True, check=False)
        if seen.returncode:
            sys.exit(seen.stderr)
        disk_rate = read_disk(sample)
    finally:
        shutil.rmtree(sample)
    row = json.loads(seen.stdout)
    share = row["events"] / n  # of the training part; whole blocks are read all the same
    row |= {
        "sample_events": n,
        "disk_gb": disk_gb,
        "making_s": made_s,
        "events_per_s": row["events"] / row["wall_s"],
        "events_per_core_s": row["events"] / row["core_s"],
        "packed_mb_per_s": 1e3 * disk_gb / row["wall_s"],
        "unpacked_mb_per_s": 1e-6 * 4 * 400 * row["events"] / share / row["wall_s"],
        "disk_mb_per_s": 1e-6 * disk_rate,
    }
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--made", type=int, default=2, help="shards that are drawn; the others are copies")
    parser.add_argument("--workers", type=int, default=0, help="processes that read beside the first one")
    parser.add_argument("--buffer", type=int, default=16_384, help="events in the shuffle buffer")
    parser.add_argument("--folder", type=Path, help="where to write  [default: the system's temporary one]")
    parser.add_argument("--stream", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        print(json.dumps(stream(options.stream, options.workers, options.buffer)))
        return 0
    from showerkit.data.timing import machine_name

    rows = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for n in options.events:
            rows.append(measure(Path(name), n, options.made, options.workers, options.buffer))
            print(f"{n:,} events: {rows[-1]['wall_s']:.0f} s", file=sys.stderr)
    lines = (
        ("events in the sample", "sample_events", ",.0f"),
        ("on the disk, GB", "disk_gb", ".2f"),
        ("making the index, s", "index_s", ".2f"),
        ("counting the training part, s", "count_s", ".2f"),
        ("one epoch, s", "wall_s", ".1f"),
        ("events/s", "events_per_s", ",.0f"),
        ("events/s of processor time, first process", "events_per_core_s", ",.0f"),
        ("MB/s from the disk, packed", "packed_mb_per_s", ".1f"),
        ("MB/s unpacked", "unpacked_mb_per_s", ".1f"),
        ("the disk itself, MB/s", "disk_mb_per_s", ".1f"),
        ("peak memory of the first process, MB", "peak_mb", ".1f"),
        ("of it and its readers, MB (sampled)", "own_and_readers_mb", ".1f"),
    )
    for title, key, form in lines:
        print(f"{title:44}" + "".join(f"{row[key]:>14{form}}" for row in rows))
    growth = rows[-1]["peak_mb"] / rows[0]["peak_mb"] - 1.0
    load = os.getloadavg()[0]
    print(f"memory grows by {100 * growth:.1f} % (wanted: within {100 * WITHIN:g} %); load {load:.1f}")
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": machine_name(),
        "cores": os.cpu_count(),
        "load": load,
        "workers": options.workers,
        "buffer_events": options.buffer,
        "growth": growth,
        "rows": rows,
    }
    (RESULTS / "stream.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0 if abs(growth) <= WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
