"""Every shipped recipe runs through the whole chain on real Geant4, reduced to a handful of showers."""

from __future__ import annotations

import json

import pytest

from showerkit.workflow import run, validate
from showerkit.workflow.recipe import load_recipe, shipped_recipes
from showerkit.workflow.steps import settings_key

REDUCED = {
    "simulate.train": 40,
    "simulate.test": 16,
    "training.epochs": 1,
    "training.batch_size": 8,
    "model.hidden": 4,
    "evaluate.bootstrap": 10,
    "evaluate.event_images": 1,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A folder of samples for each kind of them: recipes that ask for the same share it."""
    folder = tmp_path_factory.mktemp("samples")

    def named(recipe):
        return folder / settings_key(recipe.detector, recipe.simulate.model_dump(mode="json"))

    return named


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_recipe_runs_from_geant4_to_report(name, tmp_path, samples):
    recipe = load_recipe(name, REDUCED)
    result = run(recipe, tmp_path / "run", data=samples(recipe), workers=1)
    data = samples(recipe)
    for file in (data / "train.h5", data / "test.h5", data / "floor.h5", result.folder / "generated.h5"):
        assert validate(file) == []
    metrics = json.loads(result.metrics.read_text())
    assert metrics["reference"]["n_events"] == 16
    assert metrics["floor"]["n_events"] == 16
    assert metrics["candidates"][0]["n_events"] == 16
    assert metrics["candidates"][0]["paired_with_reference"]
    assert metrics["settings"]["energy_bin_mev"] == recipe.evaluate.energy_bin_mev
    assert metrics["settings"]["response_bins"] == recipe.evaluate.response_bins
    assert "<html" in result.report.read_text()[:500].lower()
    figures = result.key_figures()
    assert any("Hit probability MSE" in line and "floor" in line for line in figures)
    assert any("Core time per shower" in line for line in figures)
