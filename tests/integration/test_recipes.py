"""Every shipped recipe runs on real Geant4, reduced to a handful of showers.

The whole chain to the report is run for one recipe of each kind. The others differ from these in the training
alone, so they train and generate, on samples that are simulated once for all.
"""

from __future__ import annotations

import json

import pytest

from showerkit.data.shower_file import read_showers
from showerkit.train.checkpoint import load_checkpoint
from showerkit.workflow import generate, run, simulate, train, validate
from showerkit.workflow.recipe import load_recipe, shipped_recipes
from showerkit.workflow.steps import settings_key

REDUCED = {
    "simulate.train": 40,
    "simulate.test": 16,
    "data.validation_fraction": 0.25,
    "training.epochs": 1,
    "training.batch_size": 16,
    "model.hidden": 4,
    "evaluate.bootstrap": 10,
    "evaluate.event_images": 1,
}
ADVERSARIAL = {
    "adversarial.epochs": 2,
    "adversarial.batch_size": 16,
    "adversarial.discriminator.hidden": 4,
}
# What only one family of generators has.
MASK_VALUE = {"adversarial.noise_inputs": 4}
ENTRY_WINDOW = {"adversarial.discriminator.observables_hidden": 4}
FLOW = {
    "training.marginals": {"epochs": 1, "batch_size": 16},
    "model.energies": {"transforms": 1, "hidden": 4, "layers": 1},
    "model.marginals": {"hidden": 4},
    "model.network": {"kind": "dense", "hidden": 4, "blocks": 1, "code": 4},
    "model.solver": {"kind": "euler", "steps": 1},
}
DISTILLATION = {"distillation.epochs": 1, "distillation.showers": 40, "distillation.passes": 1}
# Recipes of generators; those of energy regression have a file of tests of their own.
GENERATORS = {name for name, path in shipped_recipes().items() if path.parent.name in ("ecal", "hcal", "zdc")}
WHOLE_CHAIN = ("demo", "gan-best", "gan-remedies", "regression", "zdc-flow")


def reduced(name):
    """A shipped recipe, made small."""
    shipped = load_recipe(name)
    if shipped.model.kind == "shower-flow":
        without_hidden = {key: value for key, value in REDUCED.items() if key != "model.hidden"}
        return load_recipe(name, without_hidden | FLOW | (DISTILLATION if shipped.distillation else {}))
    if shipped.adversarial is None:
        return load_recipe(name, REDUCED)
    family = ENTRY_WINDOW if shipped.model.kind == "entry-window" else MASK_VALUE
    return load_recipe(name, REDUCED | ADVERSARIAL | family)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A folder of samples for each kind of them: recipes that ask for the same share it."""
    folder = tmp_path_factory.mktemp("samples")

    def named(recipe):
        return folder / settings_key(recipe.detector, recipe.simulate.model_dump(mode="json"))

    return named


@pytest.fixture(scope="module")
def training_sample(tmp_path_factory):
    """The file of a recipe's training sample, simulated once for all recipes that ask for the same."""
    folder = tmp_path_factory.mktemp("training")

    def sample(recipe):
        path = folder / f"{settings_key(recipe.detector, recipe.simulate.model_dump(mode='json'))}.h5"
        if not path.exists():
            wanted = recipe.simulate
            simulate(recipe.detector, path, n=wanted.train, primaries=wanted.primaries, seed=1, workers=1)
        return path

    return sample


@pytest.mark.parametrize("name", WHOLE_CHAIN)
def test_recipe_runs_from_geant4_to_report(name, tmp_path, samples):
    recipe = reduced(name)
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


@pytest.mark.parametrize("name", sorted(GENERATORS - set(WHOLE_CHAIN)))
def test_recipe_trains_and_generates(name, tmp_path, training_sample):
    recipe = reduced(name)
    sample = training_sample(recipe)
    model = train(recipe.training_recipe(), sample, tmp_path / "run")
    meta = load_checkpoint(model).meta
    assert meta.name == name
    if meta.model.kind == "mask-value":
        assert bool(meta.model.noise_inputs) == (recipe.adversarial is not None)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    made = tmp_path / "made.h5"
    generate(model, made, like=sample)
    assert validate(made) == []
    assert len(read_showers(made)) == recipe.simulate.train
