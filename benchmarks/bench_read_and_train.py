"""How fast showers are read for a training against how fast the default generator learns from them.

    python benchmarks/bench_read_and_train.py [--events N] [--sample FOLDER] [--device cpu|cuda]

Read are shuffled batches with their targets, streamed from shards that are not kept in memory; learnt from
are batches that lie ready. Reading keeps the network busy where the ratio of the two speeds is above 1. On
the CPU both use one thread, and speeds are per second of processor time, since other work on the machine
changes the clock on the wall; on a GPU they are per second on the wall, with the reading on one core.

The last table compares the shuffling with that of a perfect shuffle, by the number of the event: the variance
of the batches' means, which is B times too large for a file in order (batches of B), and the mean variance
within a batch. Each should be 1.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

RESULTS = Path(__file__).parent / "results"
HIT_SHARE = 0.067  # as in Geant4's showers of 0 to 20 GeV in the ZDC's crystals
PORTION = 4096
EPOCHS = 4  # over which the shuffling is judged


def write_shards(folder: Path, n: int, shards: int) -> None:
    """Write made-up showers whose incident energy in MeV is their number plus one."""
    from showerkit.data.chunk_layout import shard_name
    from showerkit.data.records import IncidentParticles, Showers
    from showerkit.data.shower_file import FileMetadata, ShowerWriter
    from showerkit.geometry import load_detector

    metadata = FileMetadata(generator="made up", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    edges = np.linspace(0, n, shards + 1).astype(int)
    random = np.random.default_rng(1)
    for shard in range(shards):
        with ShowerWriter(folder / shard_name(shard), metadata) as writer:
            for first in range(edges[shard], edges[shard + 1], PORTION):
                ids = np.arange(first, min(first + PORTION, edges[shard + 1]))
                energy = (ids + 1.0).astype(np.float32)
                share = random.exponential(size=(len(ids), 400)) * (
                    random.random((len(ids), 400)) < HIT_SHARE
                )
                deposits = 0.6 * energy[:, None] * share / np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
                momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
                incident = IncidentParticles(
                    np.full(len(ids), 22), energy, momentum, np.tile([0.0, 0.0, -202.0], (len(ids), 1))
                )
                writer.append(Showers(incident, deposits, ids))


def batches_of(folder: Path, batch_size: int, inputs: tuple[str, ...], buffer_events: int):
    """Batches as a training gets them, and the transforms fitted."""
    from showerkit.data.datasets import ShowerBatches, fit_transforms
    from showerkit.data.splits import SplitConfig
    from showerkit.train.target_batches import TargetBatches

    split = SplitConfig()
    fitted = fit_transforms(folder, split, inputs=inputs)
    showers = ShowerBatches(
        folder,
        fitted.condition,
        batch_size=batch_size,
        split=split,
        part="train",
        memory_mb=0.0,
        buffer_events=buffer_events,
    )
    return showers, TargetBatches(showers, fitted.cell_energy, 0.1)


def read(targets, clock) -> float:
    """Events a second, over one epoch."""
    start = clock()
    done = sum(len(batch["condition"]) for batch in targets)
    return done / (clock() - start)


def learn(targets, device: str, seconds: float, clock) -> float:
    """Events a second that the default generator learns from, of batches that lie ready."""
    import torch

    from showerkit.losses.mask_value import mask_value_loss
    from showerkit.models.registry import build_model
    from showerkit.train.recipe import TrainingRecipe

    recipe = TrainingRecipe(name="bench")
    network = build_model(recipe.model, seed=1).to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    ready = []
    for batch in targets:
        ready.append({name: values.to(device) for name, values in batch.items()})
        if len(ready) == 20:
            break

    def step(batch) -> int:
        mask_logit, value = network(batch["condition"])
        loss = mask_value_loss(mask_logit, value, batch["hit"], batch["target"], recipe.loss).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return len(batch["condition"])

    def finished() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    for batch in ready[:3]:
        step(batch)
    finished()
    start, done, turn = clock(), 0, 0
    while clock() - start < seconds:
        done += step(ready[turn % len(ready)])
        turn += 1
        if turn % 20 == 0:
            finished()
    finished()
    return done / (clock() - start)


def shuffling(numbers: list[np.ndarray]) -> dict[str, float]:
    """Compare batches of event numbers with those of a perfect shuffle of the same events."""
    size = len(numbers[0])
    full = np.array([batch for batch in numbers if len(batch) == size])
    everything = np.concatenate(numbers)
    n, variance = len(everything), everything.var()
    of_means = variance / size * (n - size) / (n - 1)
    within = variance - of_means
    place = np.arange(n)
    return {
        "variance_of_means": float(((full.mean(axis=1) - everything.mean()) ** 2).mean() / of_means),
        "variance_within": float(full.var(axis=1).mean() / within),
        "correlation_with_place": float(np.corrcoef(place, everything)[0, 1]),
        "error_of_variance": float(np.sqrt(2.0 / len(full))),
        "error_of_correlation": float(1.0 / np.sqrt(n)),
    }


def averaged(epochs: list[dict[str, float]]) -> dict[str, float]:
    """Root mean square of the correlation, whose sign is chance, and mean of all else."""
    mean = {key: float(np.mean([epoch[key] for epoch in epochs])) for key in epochs[0]}
    correlations = [epoch["correlation_with_place"] for epoch in epochs]
    return {**mean, "correlation_with_place": float(np.sqrt(np.mean(np.square(correlations))))}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=131_072, help="made-up showers")
    parser.add_argument("--shards", type=int, default=8, help="files they are in")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long the generator learns")
    parser.add_argument("--sample", type=Path, help="a sample to read instead of made-up showers")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--buffer", type=int, default=16_384, help="events in the shuffle buffer")
    options = parser.parse_args()
    import torch

    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.timing import machine_name
    from showerkit.train.recipe import TrainingRecipe

    torch.set_num_threads(1)
    clock = time.process_time if options.device == "cpu" else time.perf_counter
    recipe = TrainingRecipe(name="bench")
    batch_size = recipe.training.batch_size
    with tempfile.TemporaryDirectory() as name:
        folder = options.sample or Path(name)
        if options.sample is None:
            write_shards(folder, options.events, options.shards)
        with ShowerFile(folder) as sample:
            n, files, uncompressed_mb = len(sample), len(sample.paths), 4e-6 * len(sample) * sample.cells
        showers, targets = batches_of(folder, batch_size, recipe.model.inputs, options.buffer)
        before_mb = peak_mb()
        read_rate = read(targets, clock)
        grown_mb = peak_mb() - before_mb
        learn_rate = learn(targets, options.device, options.seconds, clock)
        epochs = []
        for epoch in range(EPOCHS):
            showers.set_epoch(epoch)
            epochs.append([batch["incident_energy"].numpy().astype(np.float64) - 1.0 for batch in showers])
        measured = averaged([shuffling(numbers) for numbers in epochs]) if options.sample is None else None
        perfect = np.random.default_rng(1).permutation(np.concatenate(epochs[0]))
        reference = shuffling(
            np.array_split(perfect[: len(perfect) // batch_size * batch_size], len(perfect) // batch_size)
        )
    device = torch.cuda.get_device_name() if options.device == "cuda" else "one core"
    print(
        f"{n:,} showers in {files} files, batches of {batch_size} from {options.buffer:,}; {machine_name()}"
    )
    print(f"{'read, shuffled, with targets, one core':44}{read_rate:>12,.0f} events/s")
    print(f"{'learnt by the default generator, ' + device:44}{learn_rate:>12,.0f} events/s")
    print(f"{'ratio':44}{read_rate / learn_rate:>12.1f}")
    print(f"{'memory that reading took':44}{grown_mb:>12,.0f} MB (the sample: {uncompressed_mb:,.0f} MB)")
    if measured is not None:
        print(f"{'against a perfect shuffle':44}{'measured':>12}{'perfect':>12}{'error':>10}")
        for key, title, error in (
            ("variance_of_means", "variance of the batches' means", "error_of_variance"),
            ("variance_within", "variance within a batch", None),
            ("correlation_with_place", "correlation of number and place", "error_of_correlation"),
        ):
            scatter = "" if error is None else f"{measured[error]:>10.3f}"
            print(f"{title:44}{measured[key]:>12.3f}{reference[key]:>12.3f}{scatter}")
    RESULTS.mkdir(exist_ok=True)
    report = {
        "machine": machine_name(),
        "device": device,
        "events": n,
        "files": files,
        "batch_size": batch_size,
        "buffer_events": options.buffer,
        "read_events_per_s": read_rate,
        "trained_events_per_s": learn_rate,
        "ratio": read_rate / learn_rate,
        "memory_mb": grown_mb,
        "sample_mb": uncompressed_mb,
        "shuffling": measured,
        "perfect_shuffling": reference,
    }
    (RESULTS / f"read_and_train_{options.device}.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
