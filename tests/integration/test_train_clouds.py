"""Trainings on point clouds: several classes, resuming in either stage, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import yaml

from showerkit.data.jet_file import JetFileMetadata, JetWriter, read_jets
from showerkit.data.jet_records import JET_TYPES, Jets
from showerkit.errors import CheckpointError, ConfigurationError, OutOfRangeError
from showerkit.progress import SilentProgress
from showerkit.train.cloud_checkpoint import load_cloud_checkpoint
from showerkit.workflow import generate, train, validate

PLACES = 8
TRAINING = {"epochs": 2, "batch_size": 32, "device": "cpu"}
CONVAE = {
    "name": "small-convae",
    "model": {
        "kind": "convae",
        "filters": [4],
        "dense": 8,
        "latent": 3,
        "flow": {"transforms": 1, "hidden": 8},
    },
    "training": TRAINING,
    "latent_flow": {"epochs": 2},
}
FLOW = {
    "name": "small-flow",
    "model": {
        "kind": "cloud-flow",
        "network": {"kind": "epic", "hidden": 8, "layers": 1},
        "solver": {"kind": "euler", "steps": 3},
    },
    "training": {**TRAINING, "average": {"decay": 0.9}},
}


def jet_file(path, process, n=200, width=0.1):
    """Jets of a class whose angles have a width of their own, with 4 to 8 particles."""
    random = np.random.default_rng(JET_TYPES[process])
    mask = np.arange(PLACES) < random.integers(4, PLACES + 1, n)[:, None]
    pt = np.sort(random.gamma(1.0, 0.1, (n, PLACES)), axis=1)[:, ::-1]
    particles = np.stack([*random.normal(0.0, width, (2, n, PLACES)), pt], axis=-1) * mask[:, :, None]
    jet_pt, eta = random.uniform(900.0, 1100.0, n), random.uniform(-2.0, 2.0, n)
    jets = Jets(particles, mask, np.full(n, JET_TYPES[process]), jet_pt, eta, np.full(n, 90.0), np.arange(n))
    metadata = JetFileMetadata(generator="drawn", kind="model", process=process, constituents=PLACES, seed=1)
    path.parent.mkdir(exist_ok=True)
    with JetWriter(path, metadata) as writer:
        writer.append(jets)
    return path


def recipe_file(folder, values):
    path = folder / f"{values['name']}.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.mark.parametrize("values", [CONVAE, FLOW], ids=["convae", "cloud-flow"])
def test_classes_in_a_folder_are_told_apart(values, tmp_path):
    sample = tmp_path / "mix"
    jet_file(sample / "g.h5", "g")
    tops = jet_file(sample / "t.h5", "t", n=100)
    model = train(recipe_file(tmp_path, values), sample, tmp_path / "run")
    meta = load_cloud_checkpoint(model).meta
    assert meta.condition.classes == (JET_TYPES["g"], JET_TYPES["t"])
    assert meta.n_train < 300
    written = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    if values is FLOW:
        assert written["model"]["network"]["classes"] == 2
    else:
        assert (written["model"]["n_points"], written["model"]["n_conditions"]) == (PLACES, 3)
    made = generate(model, tmp_path / "made.h5", n=600)
    assert validate(made) == []
    jets = read_jets(made)
    share = (jets.jet_type == JET_TYPES["t"]).mean()
    assert share == pytest.approx(1.0 / 3.0, abs=5.0 * np.sqrt(2.0 / 9.0 / 600.0) + 0.05)
    alike = read_jets(generate(model, tmp_path / "alike.h5", like=tops, n=50))
    assert set(alike.jet_type) == {JET_TYPES["t"]}
    assert np.array_equal(alike.event_id, np.arange(50))
    assert np.array_equal(alike.pt_gev, read_jets(tops).pt_gev[:50])
    # A class that the model was not trained on.
    with pytest.raises(OutOfRangeError, match="class of a cloud: got 1"):
        generate(model, tmp_path / "q.h5", like=jet_file(tmp_path / "q" / "q.h5", "q"))
    assert not (tmp_path / "q.h5").exists()


def test_a_flow_of_several_classes_goes_on_with_one(tmp_path):
    sample = tmp_path / "mix"
    jet_file(sample / "g.h5", "g")
    tops = jet_file(sample / "t.h5", "t", n=100)
    both = load_cloud_checkpoint(train(recipe_file(tmp_path, FLOW), sample, tmp_path / "both"))
    alone = {**FLOW, "name": "alone", "training": {**FLOW["training"], "start": str(tmp_path / "both")}}
    model = train(recipe_file(tmp_path, alone), tops, tmp_path / "alone")
    found = load_cloud_checkpoint(model).meta
    assert found.condition.classes == (JET_TYPES["t"],)
    assert found.scaling == both.meta.scaling
    assert "start_fingerprint" in json.loads((tmp_path / "alone" / "environment.json").read_text())
    assert set(read_jets(generate(model, tmp_path / "made.h5", n=50)).jet_type) == {JET_TYPES["t"]}


def test_a_model_that_does_not_fit_is_refused_before_anything_is_written(tmp_path):
    sample = jet_file(tmp_path / "g.h5", "g")
    wrong = {**FLOW, "training": {**FLOW["training"], "start": "toy-hcal-energy"}}
    with pytest.raises(CheckpointError, match="showerkit-energy-1"):
        train(recipe_file(tmp_path, wrong), sample, tmp_path / "run")
    assert not (tmp_path / "run").exists()


class StopAfter(SilentProgress):
    """Somebody who presses Ctrl-C after so many epochs."""

    def __init__(self, epochs):
        self.left = epochs

    def note(self, text):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stopped_after", [1, 3])
def test_a_resumed_training_is_the_same_in_either_stage(stopped_after, tmp_path):
    sample = jet_file(tmp_path / "g.h5", "g")
    recipe = recipe_file(tmp_path, CONVAE)
    whole = load_cloud_checkpoint(train(recipe, sample, tmp_path / "whole"))
    run = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, sample, run, progress=StopAfter(stopped_after))
    status = json.loads((run / "status.json").read_text())
    assert status["stage"] == ("regression" if stopped_after == 1 else "latent-flow")
    with pytest.raises(CheckpointError, match="not finished"):
        generate(run, tmp_path / "made.h5", n=5)
    resumed = load_cloud_checkpoint(train(recipe, sample, run, resume=True))
    assert all(torch.equal(resumed.network[name], value) for name, value in whole.network.items())
    assert json.loads((run / "status.json").read_text())["state"] == "finished"
    # Another sample is not this training's.
    with pytest.raises(CheckpointError, match="others than the training began with"):
        train(recipe, jet_file(tmp_path / "other.h5", "g", width=0.2), run, resume=True)


def test_the_autoencoder_without_its_flow_is_a_model(tmp_path):
    sample = jet_file(tmp_path / "g.h5", "g")
    train(recipe_file(tmp_path, CONVAE), sample, tmp_path / "run")
    with_flow = read_jets(generate(tmp_path / "run", tmp_path / "a.h5", n=20))
    plain = read_jets(generate(tmp_path / "run" / "autoencoder.skm", tmp_path / "b.h5", n=20))
    assert np.array_equal(plain.pt_gev, with_flow.pt_gev)
    assert not np.array_equal(plain.particles, with_flow.particles)


def test_features_of_images_are_refused_for_jets(tmp_path):
    sample = jet_file(tmp_path / "g.h5", "g")
    with pytest.raises(ConfigurationError, match=r"data\.features: got pixels"):
        train(recipe_file(tmp_path, FLOW), sample, tmp_path / "run", overrides={"data.features": "pixels"})
    assert not (tmp_path / "run").exists()
