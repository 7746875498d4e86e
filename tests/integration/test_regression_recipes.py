"""Every shipped recipe of energy regression runs from Geant4 to a report, reduced."""

from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.data.energy_file import EnergyFile
from showerkit.train.energy_checkpoint import load_energy_checkpoint
from showerkit.workflow.recipe import load_recipe, shipped_recipes
from showerkit.workflow.run import run
from showerkit.workflow.validate import validate

RECIPES = sorted(name for name, path in shipped_recipes().items() if path.parent.name == "regression")
REDUCED = {
    "simulate.train": 200,
    "simulate.test": 40,
    "data.calibration_fraction": 0.2,
    "intervals.bins": 1,
    "evaluate.bins": 4,
    "evaluate.bootstrap": 10,
}
NETWORK = {"data.validation_fraction": 0.1, "training.epochs": 2, "training.batch_size": 32}


def reduced(name):
    """A shipped recipe, made small."""
    shipped = load_recipe(name)
    settings = dict(REDUCED)
    if hasattr(shipped, "training"):
        settings |= NETWORK | {"training.pretraining_epochs": min(1, shipped.training.pretraining_epochs)}
    if name == "boosted-trees":
        settings["model.trees"] = 5
    if shipped.response is not None:
        settings["response.knots"] = 2
    return load_recipe(name, settings)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """The folder of the samples, which all of them share."""
    return tmp_path_factory.mktemp("samples")


def test_the_shipped_recipes_are_those_that_the_documentation_compares():
    variants = ("mse", "sigma", "mixture", "quantiles", "pivot", "disco")
    rivals = {"deep-sets", "residual3d", "layer-profile", "linear-total", "linear-layers", "boosted-trees"}
    assert {"toy-hcal-energy", "cnn3d", *(f"cnn3d-{name}" for name in variants), *rivals} <= set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_runs_from_geant4_to_report(name, tmp_path, samples):
    recipe = reduced(name)
    result = run(recipe, tmp_path / "run", data=samples, workers=1)
    meta = load_energy_checkpoint(result.folder / "model" / "model.skm").meta
    assert (meta.name, meta.model.kind, meta.particles) == (name, recipe.model.kind, (11,))
    assert (meta.energy_low_gev, meta.energy_high_gev) == (0.0, 10.0)
    assert validate(result.folder / "energies.h5") == []
    with EnergyFile(result.folder / "energies.h5") as file:
        energies, _ = file.read()
    assert len(energies) == 40
    assert energies.sigma_mev is not None
    assert (energies.high_mev > energies.low_mev).all()
    assert np.isfinite(energies.energy_mev).all()
    metrics = json.loads(result.metrics.read_text())
    assert metrics["reference"]["n_events"] == 40
    assert not (samples / "floor.h5").exists()
    assert any("standard deviation" in line for line in result.key_figures())
    assert "<html" in result.report.read_text()[:500].lower()
    before = (result.folder / "energies.h5").stat().st_mtime_ns
    run(recipe, tmp_path / "run", data=samples, workers=1, resume=True)
    assert (result.folder / "energies.h5").stat().st_mtime_ns == before
