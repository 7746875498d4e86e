from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from showerkit.data.point_scaling import PointScaling, fit_point_scaling
from showerkit.data.point_scaling_config import (
    FactorScalingConfig,
    MinMaxScalingConfig,
    NoScalingConfig,
    PointScalingConfig,
    StandardScalingConfig,
)
from showerkit.errors import DataError

CONFIGS = [
    NoScalingConfig(),
    FactorScalingConfig(factors=(1.0, 1.0, 1 / 2000)),
    FactorScalingConfig(factors=(100.0, 100.0, 1.0)),
    MinMaxScalingConfig(),
    MinMaxScalingConfig(log_features=(2,)),
    StandardScalingConfig(),
    StandardScalingConfig(log_features=(2,)),
]
EACH = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: str(config.model_dump()))


def jets(seed=1, n=40, particles=8, dtype=np.float64):
    """Particles (eta_rel, phi_rel, pT), 0 where masked."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, particles, 3)) * [0.2, 0.1, 1.0]
    points[..., 2] = 300.0 * np.exp(1.5 * points[..., 2])
    mask = random.random((n, particles)) < 0.7
    mask[0] = True
    return np.where(mask[..., None], points, 0.0).astype(dtype), mask


@EACH
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_there_and_back(config, seed):
    points, mask = jets(seed)
    scaling = fit_point_scaling(config, [jets(seed + 1)])
    np.testing.assert_allclose(scaling.inverse(scaling(points, mask), mask), points, rtol=1e-9, atol=1e-9)


@EACH
def test_tensors_and_arrays_agree_and_keep_their_type(config):
    for dtype in (np.float32, np.float64):
        points, mask = jets(dtype=dtype)
        scaling = fit_point_scaling(config, [(points, mask)])
        scaled = scaling(points, mask)
        tensor = scaling(torch.from_numpy(points), torch.from_numpy(mask))
        assert scaled.dtype == tensor.numpy().dtype == dtype
        np.testing.assert_allclose(tensor.numpy(), scaled, rtol=1e-5, atol=1e-6)
        back = scaling.inverse(tensor, torch.from_numpy(mask))
        np.testing.assert_allclose(back.numpy(), scaling.inverse(scaled, mask), rtol=1e-5, atol=1e-6)


@EACH
def test_what_stands_in_masked_places_changes_nothing(config):
    points, mask = jets()
    dirty = np.where(mask[..., None], points, np.nan)
    clean = fit_point_scaling(config, [(points, mask)])
    assert fit_point_scaling(config, [(dirty, mask)]) == clean
    for function in (clean, clean.inverse):
        assert np.array_equal(function(points, mask), function(dirty, mask))
        assert not function(dirty, mask)[~mask].any()
        assert not function(torch.from_numpy(dirty), torch.from_numpy(mask))[torch.from_numpy(~mask)].any()


@EACH
def test_portions_and_storage_change_nothing(config):
    points, mask = jets()
    whole = fit_point_scaling(config, [(points, mask)])
    parts = fit_point_scaling(config, [(points[:7], mask[:7]), (points[7:], mask[7:])])
    np.testing.assert_allclose(parts.offset, whole.offset, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(parts.scale, whole.scale, rtol=1e-12)
    assert PointScaling.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole
    assert TypeAdapter(PointScalingConfig).validate_python(config.model_dump()) == config


def test_the_range_becomes_zero_to_one_and_the_spread_one():
    points, mask = jets()
    scaled = fit_point_scaling(MinMaxScalingConfig(), [(points, mask)])(points, mask)[mask]
    np.testing.assert_allclose([scaled.min(0), scaled.max(0)], [[0.0] * 3, [1.0] * 3], atol=1e-12)
    standard = StandardScalingConfig(log_features=(2,))
    scaled = fit_point_scaling(standard, [(points, mask)])(points, mask)[mask]
    np.testing.assert_allclose(scaled.mean(0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), 1.0)
    # pT / 2000 and 100 eta_rel.
    factors = FactorScalingConfig(factors=(100.0, 1.0, 1 / 2000))
    scaled = fit_point_scaling(factors, [(points, mask)])(points, mask)
    np.testing.assert_allclose(scaled, points * [100.0, 1.0, 0.0005], rtol=1e-12)


def test_the_inverse_carries_gradients_and_stays_finite():
    points, mask = jets()
    scaling = fit_point_scaling(StandardScalingConfig(log_features=(2,)), [(points, mask)])
    wild = torch.full((1, 2, 3), 1e4, requires_grad=True)
    made = scaling.inverse(wild, torch.tensor([[True, False]]))
    made.sum().backward()
    assert torch.isfinite(made).all()
    assert torch.isfinite(wild.grad).all()
    assert wild.grad[0, 0, 0] == pytest.approx(scaling.scale[0])
    assert not wild.grad[0, 1].any()


def test_a_feature_that_never_varies_keeps_its_width():
    points = np.full((5, 4, 2), 0.1)
    for config in (MinMaxScalingConfig(), StandardScalingConfig()):
        assert fit_point_scaling(config, [(points, np.ones((5, 4), bool))]).scale == (1.0, 1.0)


@pytest.mark.parametrize(
    ("config", "portions"),
    [
        (MinMaxScalingConfig(), []),
        (MinMaxScalingConfig(), [(np.ones((2, 3, 3)), np.zeros((2, 3), bool))]),
        (MinMaxScalingConfig(log_features=(3,)), [jets()]),
        (MinMaxScalingConfig(log_features=(0,)), [jets()]),
        (FactorScalingConfig(factors=(1.0,)), [jets()]),
    ],
)
def test_what_cannot_be_fitted_is_refused(config, portions):
    with pytest.raises(DataError):
        fit_point_scaling(config, portions)


def test_points_with_other_features_and_damaged_values_are_refused():
    points, mask = jets()
    with pytest.raises(DataError, match="features"):
        PointScaling(offset=(0.0,), scale=(1.0,))(points, mask)
    for wrong in (
        {"offset": [0.0], "scale": [0.0]},
        {"offset": [0.0]},
        {"offset": [0.0], "scale": [1.0, 1.0]},
    ):
        with pytest.raises(DataError):
            PointScaling.from_dict(wrong)
    for wrong in ({"kind": "factors", "factors": [0.0]}, {"kind": "min-max", "log_features": [1, 1]}):
        with pytest.raises(ValidationError):
            TypeAdapter(PointScalingConfig).validate_python(wrong)
