"""Models from outside the package, as the how-to shows them: trained, kept, loaded, exported, judged."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import yaml

from showerkit.data.energy_file import EnergyFile
from showerkit.data.shower_file import read_showers
from showerkit.data.validation import violations
from showerkit.errors import CheckpointError
from showerkit.models import own_energy_config
from showerkit.workflow import export, reconstruct, train

from .test_energy_training import TRACKS_PER_GEV, write_showers

EXAMPLE = Path(__file__).parents[2] / "examples/own_network.py"
PAGE = EXAMPLE.parents[1] / "docs/how-to/add-a-model.md"


def blocks(language):
    """Code blocks of the how-to in one language."""
    parts = PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.split("```")[0] for part in parts]


@pytest.fixture(scope="module")
def example():
    """Import the example, which registers its network."""
    spec = importlib.util.spec_from_file_location("own_network", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(example, tmp_path_factory):
    """Train it by a recipe as the how-to shows it."""
    folder = tmp_path_factory.mktemp("own")
    recipe = yaml.safe_load(blocks("yaml")[0])
    recipe["training"] = {"epochs": 4, "pretraining_epochs": 2, "batch_size": 64}
    recipe["data"] = {"validation_fraction": 0.1, "calibration_fraction": 0.2}
    recipe["intervals"] = {"bins": 2}
    (folder / "mine.yaml").write_text(yaml.safe_dump(recipe))
    write_showers(folder / "test.h5", seed=4)
    train(folder / "mine.yaml", write_showers(folder / "train.h5"), folder / "run")
    return folder


def test_it_has_about_fifty_lines():
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 50


def test_the_page_shows_the_example_as_it_is():
    assert blocks("python")[0].strip() in EXAMPLE.read_text(encoding="utf-8")


def test_the_generator_of_the_page_leaves_a_valid_file(trained, monkeypatch):
    monkeypatch.chdir(trained)
    exec(compile(blocks("python")[-1], str(PAGE), "exec"), {})  # noqa: S102
    assert violations(trained / "mine.h5") == []
    made, learnt = read_showers(trained / "mine.h5"), read_showers(trained / "train.h5")
    response = learnt.total_mev.sum() / learnt.incident.energy_mev.sum()
    np.testing.assert_allclose(made.total_mev, response * made.incident.energy_mev, rtol=1e-4)


def test_it_measures_as_well_as_counting_allows(trained):
    """Tracks are Poisson with 9 a GeV: sigma/sqrt(E) is 1/3 at best."""
    file = reconstruct(trained / "run", trained / "test.h5", trained / "energies.h5")
    with EnergyFile(file) as energies:
        found, incident = energies.read(0, len(energies))
    true = incident.energy_mev.astype(np.float64)
    scaled = ((found.energy_mev - true) / np.sqrt(1000.0 * true))[true > 1000.0]
    best = 1.0 / np.sqrt(TRACKS_PER_GEV)
    slack = 1.0 + 4.0 / np.sqrt(2 * len(scaled))  # the relative error of a standard deviation, four times
    assert 0.9 * best / slack < scaled.std() < 1.1 * best * slack


def test_without_the_network_the_model_says_what_is_missing(trained, monkeypatch):
    monkeypatch.setattr(own_energy_config, "_REGISTERED", {})
    with pytest.raises(CheckpointError, match=r"'core-and-halo'.*import the module that registers it"):
        reconstruct(trained / "run", trained / "train.h5", trained / "other.h5")


def test_it_is_exported(trained):
    assert export(trained / "run", trained / "mine.onnx").is_file()
