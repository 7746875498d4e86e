"""A generator of windows about the line of flight: both stages, resumed, diverged, generated from."""

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
from showerkit.generate.generator import shower_generator
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train
from showerkit.workflow.validate import validate

N_EVENTS = 300
STAGE_2: dict[str, Any] = {
    "discriminator": {"hidden": 8, "observables_hidden": 8},
    "keep": {"kind": "distance", "events": 200},
    "epochs": 2,
    "batch_size": 32,
}


@pytest.fixture(scope="module", params=["zdc-ecal", "zdc-ecal-segmented"])
def showers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Showers of one layer or of several, that fall off around the line of flight."""
    path = tmp_path_factory.mktemp("showers") / "toy.h5"
    detector = load_detector(request.param)
    ids = np.arange(N_EVENTS)
    primaries = PrimaryConfig(
        particles=("e-",), energy_gev=(0.0, 20.0), theta_deg=(-25.0, 25.0), phi_deg=(0.0, 180.0)
    )
    incident = primaries.sample(3, ids, detector)
    distance = np.linalg.norm(
        detector.cell_positions_mm[None, :, :2] - incident.entry_point_mm()[:, None], axis=-1
    )
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0) / len(detector.layers)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean / 0.7
    energy[energy < 0.1] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


def recipe(*, adversarial: dict[str, Any] | None = None, **training: Any) -> EntryWindowRecipe:
    return EntryWindowRecipe.model_validate(
        {
            "name": "small",
            "model": {"cells_across": 7, "depth_mm": 35, "hidden": 8, "random_inputs": 4},
            "training": {"epochs": 2, "batch_size": 64, "keep": {"kind": "distance", "events": 200}}
            | training,
            "adversarial": adversarial,
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
    train(recipe(adversarial=STAGE_2), showers, folder)
    return folder


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as handle:
        return list(csv.DictReader(handle))


def status(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "status.json").read_text()))


def test_a_run_holds_both_stages(run: Path) -> None:
    now = status(run)
    assert (now["stage"], now["state"], now["epochs_done"]) == ("adversarial", "finished", 2)
    rows = table(run / "adversarial")
    for row in rows:
        for name in ("gen", "dis", "score"):
            assert np.isfinite(float(row[f"train_{name}"]))
            assert np.isfinite(float(row[f"validation_{name}"]))
    distances = [float(row["validation_distance"]) for row in rows]
    meta = load_checkpoint(run / "model.skm").meta
    assert meta.metrics["epoch_of_the_model"] == 1 + int(np.argmin(distances))
    first_stage = [float(row["train_loss"]) for row in table(run)]
    assert first_stage[-1] < first_stage[0]


def test_generated_showers_keep_to_the_rules(run: Path, showers: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(run, tmp_path / f"{name}.h5", like=showers, seed=5, with_mask=True)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    validate(tmp_path / "a.h5")
    made = read_showers(tmp_path / "a.h5")
    energy = made.energy_mev
    assert bool(((energy == 0.0) | (energy > 0.1)).all())
    hits = (energy > 0.0).sum(axis=1)
    assert bool((energy.sum(axis=1) <= made.incident.energy_mev * 1.001 + 0.1001 * hits).all())
    assert made.mask_probability is not None
    # Where the mask says "never" (outside the window) there is no hit.
    assert not (energy[made.mask_probability == 0.0] > 0.0).any()
    generate(run, tmp_path / "c.h5", like=showers, seed=6)
    assert not np.array_equal(read_showers(tmp_path / "c.h5").energy_mev, energy)


def test_an_event_does_not_depend_on_its_company(run: Path, showers: Path) -> None:
    maker = shower_generator(load_checkpoint(run / "model.skm"), device="cpu")
    asked = read_showers(showers)
    whole = maker.generate(asked.incident, asked.event_id, seed=2).energy_mev
    some = np.array([7, 290, 3])
    alone = maker.generate(asked.incident[some], asked.event_id[some], seed=2).energy_mev
    np.testing.assert_array_equal(alone, whole[some])


@pytest.mark.parametrize("events", [300, 700])
def test_stopped_and_resumed_in_either_stage(events: int, run: Path, showers: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe(adversarial=STAGE_2), showers, tmp_path / "run", progress=Listener(events))
    assert status(tmp_path / "run")["state"] == "interrupted"
    train(recipe(adversarial=STAGE_2), showers, tmp_path / "run", resume=True)
    whole, resumed = (load_checkpoint(folder / "model.skm").weights for folder in (run, tmp_path / "run"))
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_stage_that_runs_away_gives_the_first_stage_back(showers: Path, tmp_path: Path) -> None:
    wild = {"kind": "constant", "learning_rate": 1e4}
    stage = STAGE_2 | {
        "generator_schedule": wild, "discriminator_schedule": wild, "r1": None, "average": None,
        "gradient_clip": None, "keep": {"kind": "last"},
    }  # fmt: skip
    listener = Listener()
    train(recipe(adversarial=stage), showers, tmp_path / "run", progress=listener)
    assert "epoch 1" in status(tmp_path / "run")["diverged"]
    assert any("last good state becomes the model" in note for note in listener.notes)
    model, begun = (load_checkpoint(tmp_path / "run" / f"{name}.skm") for name in ("model", "regression"))
    assert model.meta.metrics["diverged"] == 1.0
    for name, tensor in begun.weights.items():
        assert torch.equal(model.weights[name], tensor)


def test_a_shared_first_stage(run: Path, showers: Path, tmp_path: Path) -> None:
    stage = STAGE_2 | {"start": str(run / "regression.skm"), "epochs": 1}
    train(recipe(adversarial=stage), showers, tmp_path / "run")
    assert not (tmp_path / "run" / "regression.skm").exists()
    other = EntryWindowRecipe.model_validate(
        recipe(adversarial=stage).model_dump() | {"model": {"cells_across": 5}}
    )
    with pytest.raises(ConfigurationError, match=r"to start from: section 'model'"):
        train(other, showers, tmp_path / "other")


def test_weights_of_another_network_are_refused(run: Path, tmp_path: Path) -> None:
    model = load_checkpoint(run / "model.skm")
    other = {**model.weights, "body.0.weight": model.weights["body.0.weight"][:1]}
    save_checkpoint(tmp_path / "bad.skm", Checkpoint(model.meta, other))
    with pytest.raises(CheckpointError, match="those of the network"):
        shower_generator(load_checkpoint(tmp_path / "bad.skm"))
