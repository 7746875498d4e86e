"""How fast CNN3D is trained from a file, against the same network in a bare loop on tensors in memory.

    python benchmarks/bench_energy_training.py [--events N] [--batch N] [--device cpu|cuda] [--augment]

The first is what ``showerkit train`` does: batches drawn from a file, shuffled, kept as counts in a byte
each, by Lightning, with a schedule, a limit on the gradient and logged losses; the validation is left out
of the clock. The second is the shortest loop there is: float32 tensors in memory, shuffled, forward,
backward, step of the optimiser. On the CPU both use one thread, and speeds are per second of processor
time, since other work on the machine changes the clock on the wall; on a GPU they are per second on the
wall. The two take turns, and the best of each counts. A ratio of 1 means that reading and everything else
cost nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

RESULTS = Path(__file__).parent / "results"


def write_showers(path: Path, n: int) -> None:
    """Write made-up counts of tracks: as many hits as Geant4's electrons of 0 to 10 GeV make."""
    from showerkit.data.records import Showers
    from showerkit.data.shower_file import FileMetadata, ShowerWriter
    from showerkit.geometry import load_detector
    from showerkit.simulate.primaries import PrimaryConfig

    detector = load_detector("toy-hcal")
    primaries = PrimaryConfig(energy_gev=(0.0, 10.0), position_mm=(0.0, 0.0))
    metadata = FileMetadata(generator="made up", kind="model", detector=detector, seed=1)
    random = np.random.default_rng(1)
    with ShowerWriter(path, metadata) as writer:
        for first in range(0, n, 4096):
            ids = np.arange(first, min(first + 4096, n))
            counts = random.poisson(0.05, (len(ids), detector.n_cells)).astype(np.float32)
            incident = primaries.sample(1, ids, detector)
            writer.append(Showers(incident, 0.5 * counts, ids, charged_tracks=counts))


def recipe(batch: int, *, augment: bool, device: str):
    """CNN3D with the squared error."""
    from showerkit.train.energy_recipe import EnergyRecipe

    return EnergyRecipe(
        name="bench",
        objective={"kind": "mean-squared-error"},
        augmentation={} if augment else None,
        data={"validation_fraction": 0.02, "calibration_fraction": 0.02},
        training={
            "epochs": 2,
            "pretraining_epochs": 0,
            "batch_size": batch,
            "device": "auto" if device == "cuda" else "cpu",
        },
        intervals={"bins": 1},
    )


def clock(device: str) -> float:
    """Processor time of this thread and its helpers, or on a GPU the time on the wall when it is idle."""
    if device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def bare_speed(cells: torch.Tensor, true_gev: torch.Tensor, batch: int, device: str) -> float:
    """Showers a second of a bare loop."""
    from showerkit.models.cnn3d_config import CNN3DConfig
    from showerkit.models.energy_registry import build_energy_model

    network = build_energy_model(CNN3DConfig(), tuple(cells.shape[1:]), seed=1).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True)
    order = torch.randperm(len(cells))
    began = clock(device)
    for start in range(0, len(cells), batch):
        rows = order[start : start + batch]
        loss = torch.nn.functional.mse_loss(network(cells[rows].to(device))[:, 0], true_gev[rows].to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return len(cells) / (clock(device) - began)


def showerkit_speeds(path: Path, batch: int, *, augment: bool, device: str) -> list[float]:
    """Showers a second of each epoch of ``showerkit train``; in the first the file is read as well."""
    from lightning.pytorch.callbacks import Callback

    from showerkit.train import fitting
    from showerkit.workflow.train import train

    speeds: list[float] = []

    class Clock(Callback):
        def on_train_epoch_start(self, trainer, pl_module) -> None:
            self.began, self.seen = clock(device), 0

        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
            self.seen += len(batch["true_gev"])
            if batch_idx + 1 == trainer.num_training_batches:
                speeds.append(self.seen / (clock(device) - self.began))

    usual = fitting.fit

    def clocked(*arguments, **settings):
        return usual(*arguments, **settings, callbacks=[Clock()])

    from showerkit.workflow import energy_training

    energy_training.fit = clocked
    try:
        with tempfile.TemporaryDirectory() as folder:
            train(recipe(batch, augment=augment, device=device), path, Path(folder) / "run")
    finally:
        energy_training.fit = usual
    return speeds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--augment", action="store_true", help="reflect and rotate, in the first loop alone")
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    if asked.device == "cpu":
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "showers.h5"
        write_showers(path, asked.events)
        from showerkit.data.shower_file import read_showers

        showers = read_showers(path)
        cells = torch.from_numpy(showers.charged_tracks.reshape(-1, 17, 8, 8).copy())
        true_gev = torch.from_numpy(showers.incident.energy_mev / 1000.0)
        bare, first, later = [], [], []
        for _ in range(asked.turns):
            bare.append(bare_speed(cells, true_gev, asked.batch, asked.device))
            speeds = showerkit_speeds(path, asked.batch, augment=asked.augment, device=asked.device)
            first.append(speeds[0])
            later.append(speeds[-1])
    result = {
        "events": asked.events,
        "batch": asked.batch,
        "device": torch.cuda.get_device_name() if asked.device == "cuda" else "cpu",
        "augmented": asked.augment,
        "bare_showers_per_s": round(max(bare), 1),
        "first_epoch_showers_per_s": round(max(first), 1),
        "later_epochs_showers_per_s": round(max(later), 1),
        "ratio_first_epoch": round(max(first) / max(bare), 3),
        "ratio_later_epochs": round(max(later) / max(bare), 3),
    }
    print(json.dumps(result, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"energy_training_{asked.device}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
