"""Both stages of an adversarial training, resumed, diverged, started from elsewhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train

N_EVENTS = 150
#: Everything at once: what a state must hold to be resumed.
REMEDIES: dict[str, Any] = {
    "noise_inputs": 3,
    "noise": {"start": 0.7, "end": 1.0},
    "discriminator": {"hidden": 4, "sees": "image-and-mask", "spectral_norm": 1.7, "dropout": 0.1},
    "mask": {"kind": "concrete"},
    "labels": {"real": 0.8, "fake": 0.2},
    "updates": {"discriminator": 1, "generator": 2},
    "generator_schedule": {"kind": "one-cycle", "max_learning_rate": 1e-3},
    "discriminator_schedule": {"kind": "cyclic", "max_learning_rate": 1e-3},
    "r1": {"weight": 0.1, "every": 2},
    "average": {"decay": 0.9},
    "gradient_clip": 1.0,
    "keep": {"kind": "distance", "events": 200},
    "epochs": 3,
    "batch_size": 32,
}


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Showers that fall off around the entry point."""
    path = tmp_path_factory.mktemp("showers") / "toy.h5"
    detector = load_detector("zdc-ecal")
    ids = np.arange(N_EVENTS)
    incident = PrimaryConfig(particles=("e-",), energy_gev=(0.0, 20.0)).sample(3, ids, detector)
    distance = np.linalg.norm(
        detector.cell_positions_mm[None, :, :2] - incident.entry_point_mm()[:, None], axis=-1
    )
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean / 0.7
    energy[energy < 0.1] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


def recipe(**stage: Any) -> TrainingRecipe:
    return TrainingRecipe.model_validate(
        {
            "name": "small",
            "model": {"hidden": 4},
            "loss": {"value_cells": "hit"},
            "training": {"epochs": 1, "batch_size": 64},
            "adversarial": REMEDIES | stage,
        }
    )


class Listener(SilentProgress):
    """Keeps what it is told; may stop the training after so many events."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.left = stop_after
        self.notes: list[str] = []

    def advance(self, done: int) -> None:
        if self.left is not None:
            self.left -= done
            if self.left < 0:
                self.left = None
                raise KeyboardInterrupt

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.fixture(scope="module")
def run(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(recipe(), showers, folder)
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "adversarial" / "metrics.csv").open() as handle:
        return list(csv.DictReader(handle))


def status(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "status.json").read_text()))


def test_a_run_holds_both_stages(run: Path) -> None:
    now = status(run)
    assert (now["stage"], now["state"], now["epochs_done"]) == ("adversarial", "finished", 3)
    assert now["diverged"] is None
    rows = table(run)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for row in rows:
        for part in ("train", "validation"):
            for loss in ("gen", "dis", "mask", "value"):
                assert np.isfinite(float(row[f"{part}_{loss}"]))
    distances = [float(row["validation_distance"]) for row in rows]
    assert now["best_loss"] == pytest.approx(min(distances), rel=1e-5)
    meta = load_checkpoint(run / "model.skm").meta
    assert meta.metrics["epoch_of_the_model"] == 1 + int(np.argmin(distances))
    assert meta.model.noise_inputs == 3
    assert load_checkpoint(run / "regression.skm").meta.model.noise_inputs == 0
    assert (run / "metrics.csv").is_file()


def test_showers_depend_on_the_random_inputs_and_on_nothing_else(
    run: Path, showers: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        generate(run, tmp_path / f"{name}.h5", like=showers, seed=5, with_mask=True)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    generate(run, tmp_path / "c.h5", like=showers, seed=6, with_mask=True)
    one, other = (read_showers(tmp_path / f"{name}.h5").mask_probability for name in ("a", "c"))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("events", [60, 250])
def test_stopped_and_resumed_in_either_stage(events: int, run: Path, showers: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), showers, tmp_path / "run", progress=Listener(events))
    assert status(tmp_path / "run")["state"] == "interrupted"
    train(recipe(), showers, tmp_path / "run", resume=True)
    whole, resumed = (load_checkpoint(folder / "model.skm").weights for folder in (run, tmp_path / "run"))
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name
    for before, after in zip(table(run), table(tmp_path / "run"), strict=True):
        for timing in ("seconds", "showers_per_s"):
            before.pop(timing), after.pop(timing)
        assert before == after


def test_a_training_that_runs_away_keeps_its_last_good_state(showers: Path, tmp_path: Path) -> None:
    listener = Listener()
    wild = {"kind": "constant", "learning_rate": 1e4}
    settings = recipe(
        discriminator={"hidden": 4},
        discriminator_schedule=wild,
        generator_schedule=wild,
        gradient_clip=None,
        r1=None,
        average=None,
        keep={"kind": "last"},
    )
    train(settings, showers, tmp_path / "run", progress=listener)
    now = status(tmp_path / "run")
    assert now["state"] == "finished"
    assert "training 'small', epoch 1" in now["diverged"]
    assert any("last good state becomes the model" in note for note in listener.notes)
    model, begun = (load_checkpoint(tmp_path / "run" / f"{name}.skm") for name in ("model", "regression"))
    assert model.meta.metrics["diverged"] == 1.0
    for name, tensor in begun.weights.items():
        assert torch.equal(model.weights[name], tensor)


def test_a_shared_regression(run: Path, showers: Path, tmp_path: Path) -> None:
    start = run / "regression.skm"
    settings = recipe(start=str(start), epochs=1)
    train(settings, showers, tmp_path / "run")
    assert not (tmp_path / "run" / "regression.skm").exists()
    assert status(tmp_path / "run")["epochs_done"] == 1
    assert train(settings, showers, tmp_path / "run", resume=True) == tmp_path / "run" / "model.skm"
    wider = settings.model_copy(update={"model": settings.model.model_copy(update={"hidden": 5})})
    with pytest.raises(ConfigurationError, match=r"to start from: section 'model'"):
        train(wider, showers, tmp_path / "wider")
    with pytest.raises(CheckpointError, match="model 'nowhere'"):
        train(recipe(start="nowhere"), showers, tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
