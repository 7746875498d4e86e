from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import DataError, FileFormatError
from showerkit.reconstruct.regression_trees import RegressionTrees

#: x0 <= 1 ? (x1 <= 0 ? 10 : 20) : 30, and a second tree of one leaf, 0.5.
TWO = {
    "roots": [0, 5],
    "feature": [0, 1, -1, -1, -1, -1],
    "threshold": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    "left": [1, 2, -1, -1, -1, -1],
    "right": [4, 3, -1, -1, -1, -1],
    "value": [0.0, 0.0, 10.0, 20.0, 30.0, 0.5],
}


def test_each_event_falls_into_its_leaf():
    features = np.array([[1.0, 0.0], [1.0, 0.1], [1.1, -5.0], [-9.0, -9.0]])
    assert RegressionTrees.from_dict(TWO).predict(features).tolist() == [10.5, 20.5, 30.5, 10.5]


def test_many_events_are_the_same_as_each_alone(monkeypatch):
    monkeypatch.setattr("showerkit.reconstruct.regression_trees._AT_ONCE", 14)
    trees = RegressionTrees.from_dict(TWO)
    features = np.random.default_rng(1).normal(size=(50, 3))
    expected = np.where(features[:, 0] > 1.0, 30.5, np.where(features[:, 1] > 0.0, 20.5, 10.5))
    np.testing.assert_array_equal(trees.predict(features), expected)
    assert trees.predict(np.empty((0, 2))).shape == (0,)


def test_lists_and_back():
    assert RegressionTrees.from_dict(TWO).to_dict() == TWO


@pytest.mark.parametrize(
    "changes",
    [
        {"left": [0, 2, -1, -1, -1, -1]},  # a ring
        {"left": [1, 5, -1, -1, -1, -1]},  # into another tree
        {"right": [4, 99, -1, -1, -1, -1]},
        {"right": [4, -1, -1, -1, -1, -1]},  # a split that leads nowhere
        {"roots": [1, 5]},
        {"roots": [0, 0]},
        {"roots": [0, 6]},
        {"roots": []},
        {"value": [0.0]},
        {"value": [0.0, 0.0, 10.0, float("inf"), 30.0, 0.5]},
        {"value": ["a"] * 6},
        {"value": 3.0},
        {"feature": [0.5, 1, -1, -1, -1, -1]},
        {"feature": [10**30, 1, -1, -1, -1, -1]},
        {"feature": [[0], 1, -1, -1, -1, -1]},
        {"more": []},
    ],
)
def test_what_is_no_tree_is_refused(changes):
    with pytest.raises(FileFormatError, match="regression trees"):
        RegressionTrees.from_dict({**TWO, **changes})


def test_wrong_features_are_refused():
    trees = RegressionTrees.from_dict(TWO)
    with pytest.raises(DataError, match="2 or more"):
        trees.predict(np.zeros((3, 1)))
    with pytest.raises(DataError, match="NaN"):
        trees.predict(np.full((3, 2), np.nan))
