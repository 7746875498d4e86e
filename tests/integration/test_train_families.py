"""A training of any family begins, is recorded, resumed and refused in the same way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

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
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.recipe import TrainingRecipe
from showerkit.workflow.generate import generate
from showerkit.workflow.recipe import parse_recipe
from showerkit.workflow.train import train

CHAIN = {"name": "small", "detector": "zdc-ecal", "simulate": {"train": 20, "test": 10}}
SMALL: dict[str, dict[str, Any]] = {
    "mask-value": {"model": {"hidden": 2}, "training": {"epochs": 1}},
    "entry-window": {
        "model": {
            "kind": "entry-window",
            "cells_across": 5,
            "random_inputs": 4,
            "hidden": 8,
            "hidden_layers": 1,
        },
        "training": {"epochs": 1, "keep": {"kind": "last"}},
    },
}


def write_showers(path: Path, detector_name: str = "zdc-ecal", n: int = 300) -> Path:
    """Showers of gamma-distributed cells that fall off from the face's centre."""
    detector = load_detector(detector_name)
    ids = np.arange(n)
    incident = PrimaryConfig(particles=("e-",), energy_gev=(1.0, 20.0)).sample(3, ids, detector)
    distance = np.linalg.norm(detector.cell_positions_mm[:, :2], axis=-1)
    mean = 0.02 * incident.energy_mev[:, None] * np.exp(-distance / 20.0)
    energy = generator(3, "toy").gamma(0.7, 1.0, mean.shape) * mean
    energy[energy < 0.1] = 0.0
    metadata = FileMetadata(generator="toy", kind="model", detector=detector, seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(incident, energy.astype(np.float32), ids))
    return path


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_showers(tmp_path_factory.mktemp("showers") / "toy.h5")


@pytest.mark.parametrize("kind", SMALL)
def test_a_family_is_trained_and_makes_showers(kind: str, showers: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text(yaml.safe_dump({**CHAIN, **SMALL[kind]}))
    model = train(recipe, showers, tmp_path / "run")
    expected = parse_recipe({**CHAIN, **SMALL[kind]}, source="small").training_recipe()
    written = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    assert type(expected).model_validate(written) == expected
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    assert load_checkpoint(model).meta.model == expected.model
    made = read_showers(generate(model, tmp_path / "made.h5", like=showers, with_mask=True))
    assert len(made) == 300
    assert made.energy_mev.any()
    # Finished is finished, and a training of another family is not this one.
    assert train(recipe, showers, tmp_path / "run", resume=True) == model
    other = next(name for name in SMALL if name != kind)
    with pytest.raises(CheckpointError, match=rf"kind of model: got {other}, .* began with {kind}"):
        train(recipe, showers, tmp_path / "run", overrides={"model.kind": other}, resume=True)


def test_a_recipe_of_a_chain_can_be_given_itself(
    showers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(Exception):
        """The training would begin."""

    def begin(recipe: object, *_: object, **__: object) -> None:
        raise Begun(recipe)

    monkeypatch.setattr("showerkit.workflow.entry_window_training.train_entry_window", begin)
    monkeypatch.setattr("showerkit.workflow.mask_value_training.train_mask_value", begin)
    chain = parse_recipe({**CHAIN, **SMALL["mask-value"]}, source="small")
    with pytest.raises(Begun) as same:
        train(chain, showers, tmp_path / "same", overrides={"training.seed": 5})
    assert same.value.args[0] == TrainingRecipe(
        name="small", model={"hidden": 2}, training={"epochs": 1, "seed": 5}
    )
    with pytest.raises(Begun) as other:
        train(chain, showers, tmp_path / "other", overrides={"model.kind": "entry-window"})
    assert other.value.args[0] == EntryWindowRecipe(name="small")


def test_only_a_family_of_images_needs_a_detector_of_20_by_20(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(Exception):
        """The training would begin."""

    def begin(*_: object, **__: object) -> None:
        raise Begun

    monkeypatch.setattr("showerkit.workflow.entry_window_training.train_entry_window", begin)
    showers = write_showers(tmp_path / "layers.h5", "zdc-ecal-segmented", n=3)
    with pytest.raises(ConfigurationError, match="20"):
        train(TrainingRecipe(name="a"), showers, tmp_path / "images")
    assert not (tmp_path / "images").exists()
    with pytest.raises(Begun):
        train(EntryWindowRecipe(name="a"), showers, tmp_path / "windows")


def test_showers_of_another_detector_than_the_recipes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Begun(Exception):
        """The training would begin."""

    class Notes(SilentProgress):
        def __init__(self) -> None:
            self.lines: list[str] = []

        def note(self, message: str) -> None:
            self.lines.append(message)

    def begin(*_: object, **__: object) -> None:
        raise Begun

    def told_of(recipe: object) -> list[str]:
        progress = Notes()
        with pytest.raises(Begun):
            train(recipe, layers, tmp_path / f"run-{len(list(tmp_path.iterdir()))}", progress=progress)
        return progress.lines

    monkeypatch.setattr("showerkit.workflow.entry_window_training.train_entry_window", begin)
    layers = write_showers(tmp_path / "layers.h5", "zdc-ecal-segmented", n=3)
    values = {**CHAIN, **SMALL["entry-window"]}
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(values))
    wanted = (
        f"{layers}: showers of zdc-ecal-segmented; recipe 'small' was written for zdc-ecal, "
        "so that its sizes may not fit"
    )
    chain = parse_recipe(values, source="small")
    assert told_of(file) == told_of(chain) == [wanted]
    assert told_of(chain.training_recipe()) == []
    file.write_text(yaml.safe_dump({**values, "detector": "zdc-ecal-segmented"}))
    assert told_of(file) == []
