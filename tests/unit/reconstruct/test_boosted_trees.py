from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError, FileFormatError, MissingDependencyError
from showerkit.models.energy_baseline_config import BoostedTreesConfig
from showerkit.reconstruct import tree_growing
from showerkit.reconstruct.boosted_trees import BoostedTrees, fit_boosted_trees

from .toy_calorimeter import SHAPE, batches, toy_showers

FEW = BoostedTreesConfig(inputs=("deposits",), trees=20, learning_rate=0.2, leaves=15)


def saturated(n, seed=1):
    """Showers whose layers hold less and less of a rising energy: not linear."""
    showers = toy_showers(n, seed=seed, profile_spread=0.3, fluctuates=False)
    object.__setattr__(showers, "energy_mev", np.float32(20.0) * np.tanh(showers.energy_mev / 20.0))
    return showers


def error_mev(model, showers):
    return float(np.sqrt(np.mean((model.predict(showers) - showers.incident.energy_mev) ** 2)))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_arrays_say_what_scikit_learn_says(seed):
    random = np.random.default_rng(seed)
    # Some columns of few whole values, so that events lie on thresholds.
    x = np.column_stack([random.normal(size=(3000, 3)), random.integers(0, 6, (3000, 2))])
    y = 5.0 + np.sin(3 * x[:, 0]) * x[:, 3] + x[:, 1] * x[:, 4]
    grown = HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=20, random_state=0).fit(x, y)
    trees = tree_growing._as_arrays(grown)
    fresh = np.column_stack([3 * random.normal(size=(2000, 3)), random.integers(-2, 9, (2000, 2))])
    for features in (x, fresh, x + 1e-12):
        np.testing.assert_allclose(trees.predict(features), grown.predict(features), rtol=1e-12, atol=1e-12)
    assert len(trees.roots) == 41


def test_what_is_not_linear_is_learned():
    model = fit_boosted_trees(FEW, batches(saturated(4000)), SHAPE)
    test = saturated(2000, seed=9)
    assert error_mev(model, test) < 0.5 * error_mev(model.linear, test)


def test_where_a_linear_fit_is_exact_nothing_is_added():
    showers = toy_showers(1000, fluctuates=False, profile_spread=0.3)
    model = fit_boosted_trees(FEW, batches(showers), SHAPE)
    np.testing.assert_allclose(model.predict(showers), model.linear.predict(showers), atol=0.1)


def test_both_quantities_are_seen():
    config = FEW.model_copy(update={"inputs": ("charged-tracks", "deposits")})
    model = fit_boosted_trees(config, batches(saturated(2000)), SHAPE)
    assert model.linear.quantity == "charged-tracks"
    features = 2 * (8 + 3 * SHAPE[0])
    assert features // 2 < model.trees.n_features <= features


def test_json_keeps_every_digit():
    showers = saturated(1000)
    model = fit_boosted_trees(FEW, [showers], SHAPE)
    again = BoostedTrees.from_dict(json.loads(json.dumps(model.to_dict())))
    np.testing.assert_array_equal(again.predict(showers), model.predict(showers))
    assert again.config == model.config


def test_the_same_showers_give_the_same_trees():
    once, again = (fit_boosted_trees(FEW, batches(saturated(1500), size), SHAPE) for size in (1500, 1500))
    assert once.to_dict() == again.to_dict()


def test_no_more_showers_are_read_than_wanted():
    showers, read = saturated(1000), []

    def stream():
        for batch in batches(showers, 100):
            read.append(len(batch))
            yield batch

    config = FEW.model_copy(update={"max_events": 250})
    model = fit_boosted_trees(config, stream(), SHAPE)
    assert sum(read) == 300
    assert model.linear.n_events == 250
    assert model.to_dict() == {
        **fit_boosted_trees(config, [showers[:250]], SHAPE).to_dict(),
        "linear": model.linear.to_dict(),
    }


def test_too_few_showers_are_told():
    with pytest.raises(DataError, match="events"):
        fit_boosted_trees(FEW, batches(saturated(6)), SHAPE)
    with pytest.raises(DataError, match="no showers"):
        fit_boosted_trees(FEW, [], SHAPE)


def test_trees_that_cannot_be_read_are_told(monkeypatch):
    monkeypatch.setattr(HistGradientBoostingRegressor, "predict", lambda self, x: np.zeros(len(x)))
    with pytest.raises(MissingDependencyError, match="whose trees can be read"):
        fit_boosted_trees(FEW, [saturated(500)], SHAPE)


def test_a_missing_scikit_learn_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingDependencyError, match="pip install scikit-learn"):
        fit_boosted_trees(FEW, [saturated(500)], SHAPE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "forest"),
        ("config", {"leaves": 1}),
        ("config", []),
        ("linear", 3),
        ("trees", [1, 2]),
        ("more", 1),
    ],
)
def test_a_wrong_dict_is_refused(name, value):
    values = {**fit_boosted_trees(FEW, [saturated(500)], SHAPE).to_dict(), name: value}
    with pytest.raises(FileFormatError):
        BoostedTrees.from_dict(values)


def test_trees_of_another_calorimeter_are_refused():
    values = fit_boosted_trees(FEW, [saturated(500)], SHAPE).to_dict()
    values["linear"].update(shape=[1, 4, 4], weights_mev=[30.0])
    with pytest.raises(FileFormatError, match="expected at most 11"):
        BoostedTrees.from_dict(values)


def test_wrong_settings_are_named():
    with pytest.raises(ConfigurationError, match="each input once"):
        parse_config(BoostedTreesConfig, {"inputs": ["deposits", "deposits"]}, source="recipe")
