from __future__ import annotations

import pytest

from showerkit.errors import ConfigurationError
from showerkit.train.families import parse_training_recipe

NETWORK = {"name": "a", "model": {"kind": "cnn3d"}}
MSE = {"kind": "mean-squared-error"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({**NETWORK, "objective": MSE}, "pretraining_epochs 0"),
        (
            {**NETWORK, "training": {"epochs": 4, "pretraining_epochs": 4}},
            "fewer pretraining_epochs \\(4\\) than epochs \\(4\\)",
        ),
        ({**NETWORK, "training": {"start_from_linear": True}}, "cnn3d"),
        ({**NETWORK, "data": {"validation_fraction": 0.5, "calibration_fraction": 0.5}}, "leave events"),
        ({**NETWORK, "independence": {"kind": "pivott"}}, "independence"),
        ({**NETWORK, "independence": {"kind": "distance-correlation", "classes": 3}}, "classes"),
        ({**NETWORK, "training": {"optimiser": {"kind": "adam", "decay": 0.9}}}, "decay"),
        ({"name": "a", "model": {"kind": "linear-total"}, "training": {"epochs": 3}}, "training"),
        ({"name": "a", "model": {"kind": "linear-total", "inputs": ["deposits"]}}, "inputs"),
    ],
)
def test_a_setting_that_would_not_be_used_is_refused(values, words):
    with pytest.raises(ConfigurationError, match=words):
        parse_training_recipe(values, source="mine.yaml")


@pytest.mark.parametrize(
    ("model", "asked", "begins"),
    [("cnn3d", None, False), ("deep-sets-hits", None, True), ("residual3d", False, False)],
)
def test_networks_that_can_begin_as_the_linear_fit(model, asked, begins):
    values = {"name": "a", "model": {"kind": model}, "training": {"start_from_linear": asked}}
    assert parse_training_recipe(values, source="mine.yaml").starts_from_linear is begins


def test_squared_error_with_a_pretraining_makes_sense_with_a_penalty():
    values = {**NETWORK, "objective": MSE, "independence": {"kind": "pivot"}}
    assert parse_training_recipe(values, source="mine.yaml").training.pretraining_epochs == 4
