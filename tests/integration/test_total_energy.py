"""From showers whose total energy is known to a model that draws it, in either stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import read_showers
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import ConfigurationError, DataError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.rng import generator
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.checkpoint import load_checkpoint
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.train import train

MEAN, WIDTH = -1.2, 0.25


def write(path: Path, n: int, *, seed: int = 3, empty: int = 0) -> Path:
    """Showers of 30 cells whose total is log-normal; the first `empty` have no hit."""
    detector = load_detector("zdc-ecal")
    ids = np.arange(n)
    incident = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 20.0)).sample(seed, ids, detector)
    random = generator(seed, "toy")
    share = random.gamma(1.0, 1.0, (n, 400)) * (np.arange(400) % 13 == 0)
    total = incident.energy_mev * np.minimum(np.exp(MEAN + WIDTH * random.standard_normal(n)), 0.99)
    energy = share / share.sum(axis=1, keepdims=True) * total[:, None]
    energy[:empty] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=seed)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


def recipe(**sections: Any) -> TrainingRecipe:
    values: dict[str, Any] = {
        "name": "small",
        "model": {"hidden": 4},
        "loss": {"value_cells": "hit"},
        "training": {"epochs": 1, "batch_size": 128, "total_energy": "flow"},
    }
    return TrainingRecipe.model_validate(values | sections)


ADVERSARIAL: dict[str, Any] = {
    "noise_inputs": 3,
    "discriminator": {"hidden": 4},
    "epochs": 1,
    "batch_size": 128,
    "keep": {"kind": "distance", "events": 200},
}


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("showers") / "toy.h5", 3000, empty=20)


@pytest.fixture(scope="module")
def model(showers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(recipe(), showers, tmp_path_factory.mktemp("runs") / "run")


def test_generated_totals_are_those_of_the_showers(model: Path, tmp_path: Path) -> None:
    assert load_checkpoint(model).meta.total_energy_flow is not None
    fresh = write(tmp_path / "fresh.h5", 2000, seed=4)
    generate(model, tmp_path / "made.h5", like=fresh)
    made = read_showers(tmp_path / "made.h5")
    logarithm = np.log(made.energy_mev.sum(axis=1, dtype=np.float64) / made.incident.energy_mev)
    n = 2000  # not fewer than the flow has learnt from, so that the error counts twice at most
    assert abs(logarithm.mean() - MEAN) < 4.0 * WIDTH * np.sqrt(2.0 / n)
    assert abs(logarithm.std() / WIDTH - 1.0) < 4.0 * np.sqrt(2.0 / (2.0 * n))


def test_the_same_seed_gives_the_same_flow(model: Path, showers: Path, tmp_path: Path) -> None:
    state = torch.random.get_rng_state()
    again = load_checkpoint(train(recipe(), showers, tmp_path / "run"))
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, tensor in load_checkpoint(model).weights.items():
        assert torch.equal(again.weights[name], tensor)
    other = recipe(training={"epochs": 1, "batch_size": 128, "total_energy": "flow", "seed": 2})
    changed = load_checkpoint(train(other, showers, tmp_path / "other")).flow_weights
    assert not torch.equal(changed["knots.weight"], again.flow_weights["knots.weight"])


@pytest.mark.parametrize("shared", [False, True])
def test_the_adversarial_stage_has_it_too(shared: bool, model: Path, showers: Path, tmp_path: Path) -> None:
    stage = ADVERSARIAL | ({"start": str(model)} if shared else {})
    gan = load_checkpoint(train(recipe(adversarial=stage), showers, tmp_path / "run"))
    assert gan.meta.model.noise_inputs == 3
    for name, tensor in load_checkpoint(model).flow_weights.items():
        assert torch.equal(gan.flow_weights[name], tensor)  # the flow knows nothing of the network
    generate(tmp_path / "run", tmp_path / "made.h5", like=showers)
    assert len(read_showers(tmp_path / "made.h5")) == 3000


class Listener(SilentProgress):
    def __init__(self) -> None:
        self.showers = 0

    def advance(self, done: int) -> None:
        self.showers += done


def test_too_few_showers_are_told_before_the_training(tmp_path: Path) -> None:
    few = write(tmp_path / "few.h5", 60, empty=57)
    listener = Listener()
    with pytest.raises(DataError, match=r"flow of the total energy: got [0-3]; expected at least 4"):
        train(recipe(), few, tmp_path / "run", progress=listener)
    assert listener.showers == 0


@pytest.mark.parametrize(("before", "now"), [(True, "quantiles"), (False, "none")])
def test_recipes_from_before_the_flow_mean_what_they_meant(before: bool, now: str) -> None:
    assert recipe(training={"total_energy": before}).training.total_energy == now


def test_a_choice_that_is_none_names_the_choices(showers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"total_energy.*'none', 'quantiles' or 'flow'"):
        train(recipe(), showers, tmp_path / "run", overrides={"training.total_energy": "spline"})


def test_quantiles_and_none_have_no_flow(showers: Path, tmp_path: Path) -> None:
    for choice in ("quantiles", "none"):
        chosen = recipe(training={"epochs": 1, "batch_size": 128, "total_energy": choice})
        found = load_checkpoint(train(chosen, showers, tmp_path / choice))
        assert found.meta.total_energy_flow is None
        assert (found.meta.total_energy is None) == (choice == "none")
        assert not found.flow_weights
