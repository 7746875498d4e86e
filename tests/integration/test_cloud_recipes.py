"""Every shipped recipe of jets and sparse images runs, reduced to a handful of them.

The whole chain is run for one recipe of each kind, on jets of Pythia 8 and on real digits. The others differ
from these in the training alone, so they train and generate, on samples that are made once for all.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.data.image_file import ImageFile, read_images
from showerkit.data.jet_file import JetFile, read_jets
from showerkit.data.jet_records import JET_TYPES
from showerkit.train.cloud_checkpoint import load_cloud_checkpoint
from showerkit.workflow import generate, images, run, simulate_jets, train, validate
from showerkit.workflow.chain_sections import ImageSections, JetSections
from showerkit.workflow.recipe import load_recipe, shipped_recipes
from showerkit.workflow.steps import settings_key

REDUCED = {"training.epochs": 1, "training.batch_size": 16, "data.validation_fraction": 0.3}
CONVAE = {"model.filters": [4, 6], "model.dense": 12, "model.latent": 4}
LATENT_FLOW = {"model.flow.transforms": 1, "model.flow.hidden": 8, "latent_flow.epochs": 1}
FLOW = {"model.network.hidden": 8, "model.solver": {"kind": "euler", "steps": 3}}
NETWORKS = {
    "epic": {"model.network.layers": 1},
    "cloud-transformer": {"model.network.blocks": 1, "model.network.heads": 2},
}
JETS = {
    "simulate.train": 60,
    "simulate.test": 60,
    "evaluate.classifier_jets": 0,
    "evaluate.coverage_jets": 10,
    "evaluate.coverage_batches": 1,
}

RECIPES = {name: path.parent.name for name, path in shipped_recipes().items()}
OF_JETS = sorted(name for name, group in RECIPES.items() if group == "jets")
OF_IMAGES = sorted(name for name, group in RECIPES.items() if group == "mnist")
WHOLE_CHAIN = ("jets-g-convae", "jets-flow", "mnist-8")


def reduced(name):
    """A shipped recipe, made small."""
    shipped = load_recipe(name)
    overrides = REDUCED | CONVAE
    if shipped.model.kind == "cloud-flow":
        overrides = REDUCED | FLOW | NETWORKS[shipped.model.network.kind]
    if isinstance(shipped, ImageSections):
        overrides |= {"evaluate.classifier.epochs": 1, "evaluate.w1_batches": 2}
    if shipped.has_latent_flow:
        overrides |= LATENT_FLOW
    return load_recipe(name, overrides | (JETS if isinstance(shipped, JetSections) else {}))


@pytest.fixture(scope="module")
def jet_sample(tmp_path_factory):
    """A file of gluon jets with as many particles as a recipe has, simulated once."""
    folder = tmp_path_factory.mktemp("jets")

    def sample(recipe):
        constituents = recipe.simulate.constituents
        path = folder / f"{constituents}.h5"
        if not path.exists():
            process = recipe.simulate.process_config().model_copy(update={"process": "g"})
            simulate_jets(process, path, n=40, workers=1)
        return path

    return sample


@pytest.fixture(scope="module")
def image_sample(tmp_path_factory):
    """The test part of a recipe's images, which is the smaller one."""
    folder = tmp_path_factory.mktemp("images")

    def sample(recipe):
        settings = recipe.images.model_copy(update={"test_fraction": 0.02})
        path = folder / f"{settings_key(settings.model_dump(mode='json'))}.h5"
        if not path.exists():
            images(path, settings, part="test")
        return path

    return sample


def test_recipe_of_jets_runs_from_pythia_to_report(tmp_path):
    recipe = reduced("jets-g-convae")
    result = run(recipe, tmp_path / "run", workers=1)
    data = result.folder / "data"
    for file in (data / "train.h5", data / "test.h5", data / "floor.h5", result.folder / "generated.h5"):
        assert validate(file) == []
    with JetFile(result.folder / "generated.h5") as made, JetFile(data / "test.h5") as test:
        assert (made.metadata.kind, len(made)) == ("model", 60)
        assert made.metadata.process == test.metadata.process == recipe.simulate.process
        assert made.metadata.constituents == recipe.simulate.constituents
    assert not np.array_equal(read_jets(data / "test.h5").pt_gev, read_jets(data / "floor.h5").pt_gev)
    metrics = json.loads(result.metrics.read_text())
    assert [metrics[which]["n_jets"] for which in ("reference", "floor")] == [60, 60]
    assert metrics["candidates"][0]["measures"]["w1m"]["value"] > 0.0
    assert "<html" in result.report.read_text()[:500].lower()
    # What the autoencoder makes of true jets, and how it was trained.
    (again,) = metrics["reconstructions"]
    assert again["ratios"]["pt.mean"]["value"] > 0.0
    assert "jets-g-convae: flow on the latent space" in result.report.read_text()
    assert any("Core time per jet" in line for line in result.key_figures())
    # Finished steps are kept: nothing is written anew.
    before = (result.folder / "generated.h5").stat().st_mtime_ns
    run(recipe, result.folder, workers=1, resume=True)
    assert (result.folder / "generated.h5").stat().st_mtime_ns == before


def test_recipe_of_several_classes_runs_from_pythia_to_report(tmp_path):
    recipe = reduced("jets-flow")
    processes = ("g", "q", "t")
    assert recipe.simulate.processes == processes
    result = run(recipe, tmp_path / "run", workers=1)
    folders = [result.folder / "data" / name for name in ("train", "test", "floor")]
    for folder in (*folders, result.folder / "generated"):
        assert sorted(path.stem for path in folder.glob("*.h5")) == list(processes)
        for process in processes:
            file = folder / f"{process}.h5"
            assert validate(file) == []
            assert len(read_jets(file)) == 60
            assert set(read_jets(file).jet_type) == {JET_TYPES[process]}
    assert load_cloud_checkpoint(result.folder / "model" / "model.skm").meta.condition.classes == (0, 1, 2)
    metrics = json.loads(result.metrics.read_text())
    for sample in (metrics["reference"], metrics["floor"], metrics["candidates"][0]):
        assert sample["types"] == dict.fromkeys(processes, 60)
        assert sample["timing"]["n_showers"] >= 180
    for process in processes:
        entry = metrics["candidates"][0]["by_type"][process]["w1m"]
        assert entry["value"] > 0.0
        assert entry["floor"] > 0.0
    before = (result.folder / "generated" / "t.h5").stat().st_mtime_ns
    run(recipe, result.folder, workers=1, resume=True)
    assert (result.folder / "generated" / "t.h5").stat().st_mtime_ns == before


def test_recipe_of_images_runs_from_digits_to_report(tmp_path):
    recipe = reduced("mnist-8")
    result = run(recipe, tmp_path / "run")
    data = result.folder / "data"
    train_part, test_part = read_images(data / "train.h5"), read_images(data / "test.h5")
    assert len(train_part) + len(test_part) == 500
    assert set(train_part.label) == {8}
    assert validate(result.folder / "generated.h5") == []
    with ImageFile(result.folder / "generated.h5") as made:
        assert (made.metadata.kind, len(made)) == ("model", len(test_part))
    # The classifier knows all digits, and has not seen what is the floor.
    floor, digits = read_images(data / "floor.h5"), read_images(data / "classifier.h5")
    assert set(digits.label) == set(range(10))
    assert len(floor) + (digits.label == 8).sum() == len(train_part)
    metrics = json.loads(result.metrics.read_text())
    assert metrics["floor"]["source"] == "file"
    assert 0.0 <= metrics["candidates"][0]["measures"]["image.accuracy"]["value"] <= 1.0
    assert metrics["reconstructed"][0]["n_used"] == len(test_part)
    assert any("Recognised" in line for line in result.key_figures())
    before = result.report.stat().st_mtime_ns
    run(recipe, result.folder, resume=True)
    assert result.report.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", [name for name in OF_JETS if name not in WHOLE_CHAIN])
def test_recipe_of_jets_trains_and_generates(name, tmp_path, jet_sample):
    recipe = reduced(name)
    sample = jet_sample(recipe)
    model = train(recipe.training_recipe(), sample, tmp_path / "run")
    meta = load_cloud_checkpoint(model).meta
    assert (meta.name, meta.condition.places) == (name, recipe.simulate.constituents)
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    made = tmp_path / "made.h5"
    generate(model, made, like=sample)
    assert validate(made) == []
    assert len(read_jets(made)) == 40


@pytest.mark.parametrize("name", [name for name in OF_IMAGES if name not in WHOLE_CHAIN])
def test_recipe_of_images_trains_and_generates(name, tmp_path, image_sample):
    recipe = reduced(name)
    sample = image_sample(recipe)
    model = train(recipe.training_recipe(), sample, tmp_path / "run")
    made = tmp_path / "made.h5"
    generate(model, made, n=20)
    assert validate(made) == []
    assert set(read_images(made).label) <= set(read_images(sample).label)
