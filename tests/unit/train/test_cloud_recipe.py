"""Recipes of networks for point clouds, what samples decide of them, and their model files."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.data.cloud_sample import Clouds
from showerkit.data.jet_records import Jets
from showerkit.data.point_scaling import PointScaling
from showerkit.errors import CheckpointError, ConfigurationError, OutOfRangeError
from showerkit.train.cloud_checkpoint import (
    CloudCheckpoint,
    CloudMeta,
    is_cloud_model,
    load_cloud_checkpoint,
    save_cloud_checkpoint,
)
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_network import build_cloud_network, condition_of, fitted_recipe
from showerkit.train.cloud_population import CloudPopulation
from showerkit.train.cloud_recipe import CloudRecipe


def recipe(**values):
    return parse_config(CloudRecipe, {"name": "small", **values}, source="small.yaml")


def test_the_kind_of_network_decides_the_objective():
    assert recipe().objective.kind == "vae"
    assert recipe(model={"kind": "cloud-flow"}).objective.kind == "flow-matching"
    assert recipe().latent_flow is None
    assert recipe(model={"kind": "convae", "flow": {}}).latent_flow is not None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": {"kind": "cloud-flow"}, "objective": {"kind": "vae"}}, "objective.kind 'flow-matching'"),
        ({"latent_flow": {"epochs": 2}}, "a section 'model.flow' for latent_flow"),
        ({"model": {"kind": "cloud-flow"}, "data": {"condition": ["class"]}}, "'number' in data.condition"),
        ({"model": {"kind": "convae", "output": "sigmoid"}}, "scaling.kind 'min-max'"),
        ({"data": {"features": "pixels"}, "objective": {"kind": "vae", "jet": {}}}, "no objective.jet"),
        ({"data": {"features": "cartesian"}, "objective": {"kind": "vae", "jet": {}}}, "coordinates"),
        ({"data": {"condition": ["mass"]}}, "data.condition"),
    ],
)
def test_what_does_not_fit_together_is_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        recipe(**values)


def test_the_sample_decides_how_large_a_network_is():
    one = recipe(data={"condition": ["class", "number"]})
    alone = fitted_recipe(one, condition_of(one, (0,), 50))
    assert (alone.model.n_points, alone.model.n_conditions) == (50, 1)
    several = fitted_recipe(one, condition_of(one, (0, 1, 2), 30))
    assert several.model.n_conditions == 4
    # Fitted again, nothing changes.
    assert fitted_recipe(several, condition_of(several, (0, 1, 2), 30)) == several
    flow = recipe(model={"kind": "cloud-flow"})
    assert fitted_recipe(flow, condition_of(flow, (0, 2), 30)).model.network.classes == 2
    assert fitted_recipe(flow, condition_of(flow, (2,), 30)).model.network.classes == 0


def test_other_numbers_than_the_samples_are_refused():
    wrong = recipe(model={"kind": "convae", "n_points": 20})
    with pytest.raises(ConfigurationError, match=r"model.n_points: got 20; expected 50"):
        fitted_recipe(wrong, condition_of(wrong, (0,), 50))
    deep = recipe(model={"kind": "convae", "filters": [4] * 4, "padding": 0})
    with pytest.raises(ConfigurationError, match="n_points above"):
        fitted_recipe(deep, condition_of(deep, (0,), 10))


def test_conditions_are_what_networks_expect():
    label, number = np.array([2, 0, 2]), np.array([30, 15, 6])
    told = CloudCondition(inputs=("class", "number"), classes=(0, 2), places=30, coding="index")
    assert told(label, number).tolist() == [[1.0], [0.0], [1.0]]
    alone = CloudCondition(inputs=("class",), classes=(2,), places=30, coding="one-hot")
    assert alone(np.array([2]), np.array([30])).shape == (1, 0) == (1, alone.columns)
    with pytest.raises(OutOfRangeError, match="got 1; expected one of 0, 2"):
        told(np.array([1]), np.array([30]))


def clouds(n, first, kind):
    mask = np.arange(4) < (np.arange(first, first + n) % 4 + 1)[:, None]
    points = np.zeros((n, 4, 3)) + mask[:, :, None]
    jets = Jets(
        points,
        mask,
        np.full(n, kind),
        1000.0 + np.arange(first, first + n),
        np.zeros(n),
        np.zeros(n),
        np.arange(n),
    )
    return Clouds(jets.particles, mask, jets.jet_type.astype(np.int64), jets.event_id, jets)


def test_the_population_counts_all_and_keeps_evenly_spread_jets():
    portions = [clouds(1500, 0, 0), clouds(501, 1500, 2), clouds(3000, 2001, 2)]
    found = CloudPopulation.of(portions, (0, 2), 4, 5001)
    assert found.counts.sum(axis=1).tolist() == [1500, 3501]
    assert found.counts[0].tolist() == [0, 375, 375, 375, 375]
    assert np.array_equal(found.row_pt_gev, 1000.0 + np.arange(0, 5001, 3))
    again = CloudPopulation.from_tensors(found.to_tensors(), classes=2, places=4, source="a")
    for name in ("counts", "row_class", "row_number", "row_pt_gev", "row_eta"):
        assert np.array_equal(getattr(again, name), getattr(found, name))


@pytest.fixture
def checkpoint():
    fitted = fitted_recipe(one := recipe(model={"kind": "cloud-flow"}), condition_of(one, (0,), 4))
    meta = CloudMeta(
        name="small",
        model=fitted.model,
        content="jets",
        features="relative",
        scaling=PointScaling(offset=(0.0,) * 3, scale=(1.0,) * 3),
        condition=condition_of(fitted, (0,), 4),
        seed=1,
        data_fingerprint="0" * 64,
        n_train=10,
    )
    population = CloudPopulation.of([clouds(10, 0, 0)], (0,), 4, 10)
    return CloudCheckpoint(meta, build_cloud_network(fitted.model, seed=1).state_dict(), population)


def test_a_model_file_holds_all_of_it(tmp_path, checkpoint):
    path = tmp_path / "model.skm"
    save_cloud_checkpoint(path, checkpoint)
    assert is_cloud_model(path)
    again = load_cloud_checkpoint(path)
    assert again.meta == checkpoint.meta
    assert all(torch.equal(again.network[name], value) for name, value in checkpoint.network.items())
    assert np.array_equal(again.population.counts, checkpoint.population.counts)


def test_a_damaged_model_file_is_told_in_one_line(tmp_path, checkpoint):
    path = tmp_path / "model.skm"
    save_cloud_checkpoint(path, checkpoint)
    content = torch.load(path, weights_only=True)

    def broken(**changes):
        torch.save({**content, **changes}, path)
        return path

    weights = content["weights"]
    with pytest.raises(CheckpointError, match="population: got other parts"):
        load_cloud_checkpoint(
            broken(weights={key: value for key, value in weights.items() if key != "population.counts"})
        )
    with pytest.raises(CheckpointError, match="population: got parts that do not fit"):
        load_cloud_checkpoint(broken(weights={**weights, "population.counts": torch.zeros(1, 3)}))
    with pytest.raises(CheckpointError, match="got format 'other'"):
        load_cloud_checkpoint(broken(format="other"))
    assert not is_cloud_model(path)
    path.write_bytes(path.read_bytes()[:100])
    assert not is_cloud_model(path)
    with pytest.raises(CheckpointError, match="damaged or of another kind"):
        load_cloud_checkpoint(path)
