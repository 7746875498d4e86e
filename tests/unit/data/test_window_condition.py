from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.data.running_moments import RunningMoments
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import DataError


def moments_of(values):
    moments = RunningMoments(6)
    moments.update(values)
    return moments


@pytest.fixture
def values():
    """Energies, log energies and offsets that vary; slopes of normal incidence."""
    random = np.random.default_rng(2)
    energy = random.uniform(100.0, 2e4, 500)
    zero = np.zeros(500)
    return np.stack([energy, np.log1p(energy), zero, zero, *random.uniform(-0.5, 0.5, (2, 500))], axis=1)


def test_columns_get_mean_zero_and_width_one(values):
    condition = WindowCondition.fit(moments_of(values))
    told = condition(values)
    assert told.dtype == np.float32
    np.testing.assert_allclose(told.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(told.std(axis=0), [1, 1, 0, 0, 1, 1], rtol=1e-5)
    # Single precision holds 24 binary digits of the standardised value.
    np.testing.assert_allclose(condition.inverse(told), values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("level", [0.0, 5000.0, -0.3])
def test_a_constant_column_is_zero_whatever_comes(values, level):
    """Also with the rounding of single precision, and for values that the fit has not seen."""
    noise = np.random.default_rng(3).uniform(-1, 1, 500)
    values[:, 2] = np.float32(level) * (1 + 6e-8 * noise) + 1e-9 * noise
    condition = WindowCondition.fit(moments_of(values))
    assert condition.width[2] == 0.0
    values[0, 2] = level + 0.1
    assert not condition(values)[:, 2].any()
    np.testing.assert_allclose(condition.inverse(condition(values))[:, 2], level, rtol=1e-6, atol=1e-8)


def test_one_event_is_all_constant():
    one = np.array([[50.0, 3.9, 0.1, 0.0, 0.2, 0.3]])
    assert not WindowCondition.fit(moments_of(one))(one).any()


def test_it_survives_json(values):
    condition = WindowCondition.fit(moments_of(values))
    again = WindowCondition.from_dict(json.loads(json.dumps(condition.to_dict())))
    assert again == condition
    np.testing.assert_array_equal(again(values), condition(values))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mean": [float("nan")] * 6}, "mean"),
        ({"width": [1.0] * 5}, "width"),
        ({"width": [-1.0] * 6}, "width"),
        ({"mean": "six"}, "mean"),
        ({"widths": [1.0] * 6}, "did you mean 'width'"),
        ({"mean": None}, "mean"),
    ],
)
def test_bad_values_are_refused_in_one_line(change, words):
    good = {"mean": [0.0] * 6, "width": [1.0] * 6}
    assert WindowCondition.from_dict(good).to_dict() == good
    with pytest.raises(DataError, match=words) as refused:
        WindowCondition.from_dict({**good, **change})
    assert "window condition" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_key_is_named():
    with pytest.raises(DataError, match="'width' is missing"):
        WindowCondition.from_dict({"mean": [0.0] * 6})


def test_no_events_and_wrong_shapes_are_refused():
    with pytest.raises(DataError, match="no events"):
        WindowCondition.fit(RunningMoments(6))
    condition = WindowCondition(mean=(0,) * 6, width=(1,) * 6)
    for call in (condition, condition.inverse):
        with pytest.raises(DataError, match=r"got shape \(3, 5\); expected shape \(any, 6\)"):
            call(np.zeros((3, 5)))
