"""Every shipped recipe that calibrates jets runs from Pythia 8 to a report, reduced."""

from __future__ import annotations

import json

import pytest

from showerkit.data.calibrated_jet_file import CalibratedJetFile
from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.train.jet_energy_checkpoint import load_jet_energy_checkpoint
from showerkit.workflow.recipe import load_recipe, shipped_recipes
from showerkit.workflow.run import run
from showerkit.workflow.steps import settings_key
from showerkit.workflow.validate import validate

pytest.importorskip("pythia8mc", reason="needs showerkit[jets]")

RECIPES = sorted(name for name, path in shipped_recipes().items() if path.parent.name == "jet-energy")
INVERSION = {"abs_eta_edges": [0.0, 3.0], "pt_bins": 2}
REDUCED = {
    "simulate.train": 300,
    "simulate.test": 300,
    "simulate.constituents": 30,
    "simulate.pile_up": 0.0,
    "data.calibration_fraction": 0.35,
    "intervals.bins": 1,
    "evaluate.pt_bins": 2,
    "evaluate.abs_eta_edges": [0.0, 2.6],
    "evaluate.bootstrap": 10,
}
NETWORK = {
    "data.validation_fraction": 0.1,
    "training.batch_size": 64,
    "training.epochs": 3,
}
SMALL = {
    "particle-flow": {"model.phi": [4], "model.f": [4]},
    "energy-flow": {"model.phi": [4], "model.f": [4]},
    "edge-conv": {"model.neighbours": 2, "model.blocks": [4], "model.f": [4]},
    "numerical-inversion": {f"model.{name}": value for name, value in INVERSION.items()},
    "jet-boosted-trees": {"model.trees": 3, "model.inversion": INVERSION},
}


def reduced(name):
    """A shipped recipe, made small."""
    shipped = load_recipe(name)
    settings = REDUCED | SMALL[shipped.model.kind]
    if shipped.baseline is not None:
        settings |= {f"baseline.{key}": value for key, value in INVERSION.items()}
    if shipped.response is not None:
        settings["response.knots"] = 2
    if hasattr(shipped, "training"):
        settings |= NETWORK | {"training.pretraining_epochs": min(1, shipped.training.pretraining_epochs)}
        if shipped.objective.kind == "truncated-likelihood":
            settings["objective.refits"] = 1
    if name == "jet-energy-pfn-wide":
        # Over all of its range a few of so few jets would bear all the weight; these are the others' jets.
        settings |= {"simulate.true_pt_gev": [30.0, 150.0], "simulate.bias_power": 5.0}
    return load_recipe(name, settings)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A folder of samples for each range of pT, which the recipes share."""
    folder = tmp_path_factory.mktemp("samples")

    def named(recipe):
        return folder / settings_key(recipe.simulate.model_dump(mode="json"))

    return named


def test_the_shipped_recipes_are_those_that_the_documentation_compares():
    variants = (
        "pfn",
        "pfn-plain",
        "pfn-wide",
        "efn",
        "edge-conv",
        "mse",
        "gaussian",
        "gaussian-ansatz",
        "inversion",
        "trees",
    )
    assert set(RECIPES) == {f"jet-energy-{name}" for name in variants}


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_runs_from_pythia_to_report(name, tmp_path, samples):
    recipe = reduced(name)
    result = run(recipe, tmp_path / "run", data=samples(recipe), workers=1)
    meta = load_jet_energy_checkpoint(result.folder / "model" / "model.skm").meta
    assert (meta.name, meta.model.kind) == (name, recipe.model.kind)
    low, high = recipe.simulate.true_pt_gev
    assert low <= meta.pt_low_gev < meta.pt_high_gev <= high
    assert meta.sample["detector"] == "particle-flow"
    files = ["jets"] if recipe.baseline is None else ["jets", "baseline"]
    with CalibrationJetFile(samples(recipe) / "test.h5") as test:
        fingerprint, event_id = test.fingerprint(), test.read().event_id
    for file in files:
        assert validate(result.folder / f"{file}.h5") == []
        with CalibratedJetFile(result.folder / f"{file}.h5") as calibrated:
            assert calibrated.metadata.jet_fingerprint == fingerprint
            assert (calibrated.read().event_id == event_id).all()
    metrics = json.loads(result.metrics.read_text())
    assert {candidate["name"] for candidate in metrics["candidates"]} == {*files, "uncalibrated"}
    assert any("Resolution" in line for line in result.key_figures())
    assert "<html" in result.report.read_text()[:500].lower()
    before = [(result.folder / f"{file}.h5").stat().st_mtime_ns for file in files]
    run(recipe, tmp_path / "run", data=samples(recipe), workers=1, resume=True)
    assert [(result.folder / f"{file}.h5").stat().st_mtime_ns for file in files] == before


def test_a_changed_evaluation_keeps_models_and_jets(tmp_path, samples):
    recipe = reduced("jet-energy-inversion")
    first = run(recipe, tmp_path / "run", data=samples(recipe), workers=1)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.skm")}
    evaluate = recipe.evaluate.model_copy(update={"pt_bins": 3})
    again = run(
        recipe.model_copy(update={"evaluate": evaluate}),
        tmp_path / "run", data=samples(recipe), workers=1, resume=True,
    )  # fmt: skip
    assert json.loads(again.metrics.read_text())["settings"]["pt_bins"] == 3
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*.skm")} == before
