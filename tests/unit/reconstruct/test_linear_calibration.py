from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit.errors import DataError, FileFormatError
from showerkit.models.energy_baseline_config import LinearCalibrationConfig
from showerkit.reconstruct.linear_calibration import (
    LinearCalibration,
    fit_linear_calibration,
    layer_sums,
)
from showerkit.reconstruct.running_least_squares import RunningLeastSquares

from .toy_calorimeter import MEV_PER_GEV, QUANTA_PER_GEV, SHAPE, batches, toy_showers

TOTAL = LinearCalibrationConfig(kind="linear-total", quantity="deposits")
LAYERS = LinearCalibrationConfig(kind="linear-layers", quantity="deposits")


def fit(config, showers):
    return fit_linear_calibration(config, batches(showers), SHAPE)


def test_without_fluctuations_both_fits_are_exact():
    showers = toy_showers(500, fluctuates=False, profile_spread=0.5)
    for config in (TOTAL, LAYERS):
        found = fit(config, showers)
        np.testing.assert_allclose(found.weights_mev, 1000.0 / MEV_PER_GEV, rtol=1e-5)
        # The deposits of a shower file are single precision.
        np.testing.assert_allclose(found.predict(showers), showers.incident.energy_mev, rtol=1e-5, atol=0.05)


def test_the_total_fit_has_the_slope_of_the_regression():
    """Cov(E, S) / Var(S) with S of mean sE and variance s^2 E / k, E uniform: a closed form."""
    n, (low, high) = 20_000, (0.5, 10.0)
    found = fit(TOTAL, toy_showers(n, energy_gev=(low, high)))
    mean, variance = 0.5 * (low + high), (high - low) ** 2 / 12.0
    attenuation = 1.0 / (1.0 + mean / (QUANTA_PER_GEV * variance))
    expected = 1000.0 / MEV_PER_GEV * attenuation
    # What is left of the energy's variance, over that of the signal and the number of events.
    spread = 1000.0 * np.sqrt(variance * (1.0 - attenuation))
    error = spread / (MEV_PER_GEV * np.sqrt(variance / attenuation) * np.sqrt(n))
    # The residuals are wider where the signal is large; half as much again covers that.
    assert abs(found.weights_mev[0] - expected) < 4.0 * 1.5 * error


def test_the_resolution_is_that_of_the_fluctuations():
    """At one energy sigma/E = w s / sqrt(k E), with the fitted weight w."""
    n = 20_000
    found = fit(TOTAL, toy_showers(n))
    at_five = found.predict(toy_showers(n, seed=2, energy_gev=(5.0, 5.0)))
    expected = found.weights_mev[0] * MEV_PER_GEV * np.sqrt(5.0 / QUANTA_PER_GEV)
    # The kurtosis of a gamma law of shape 45 exceeds 3 by 6/45.
    error = expected * np.sqrt((2.0 + 6.0 / 45.0) / (4.0 * n))
    assert abs(at_five.std() - expected) < 4.0 * error


def test_unequal_layers_need_the_fit_by_layers():
    gains = (2.4, 1.0, 1.0, 1.0, 1.0, 2.4)
    showers = toy_showers(2000, gains=gains, profile_spread=0.4, fluctuates=False)
    of_layers, of_total = fit(LAYERS, showers), fit(TOTAL, showers)
    np.testing.assert_allclose(of_layers.weights_mev, 1000.0 / MEV_PER_GEV / np.array(gains), rtol=1e-4)
    residual = of_total.predict(showers) - showers.incident.energy_mev
    assert residual.std() > 100.0 * (of_layers.predict(showers) - showers.incident.energy_mev).std()


@pytest.mark.parametrize("quantity", ["deposits", "charged-tracks"])
def test_against_numpys_least_squares(quantity):
    showers = toy_showers(3000, profile_spread=0.3)
    config = LinearCalibrationConfig(kind="linear-layers", quantity=quantity)
    found = fit(config, showers)
    sums = layer_sums(showers, SHAPE, quantity)
    columns = np.column_stack([sums, np.ones(len(sums))])
    expected = np.linalg.lstsq(columns, showers.incident.energy_mev.astype(float), rcond=None)[0]
    np.testing.assert_allclose([*found.weights_mev, found.intercept_mev], expected, rtol=1e-7)
    assert found.ridge == 0.0
    assert found.n_events == 3000


def test_batches_change_nothing():
    showers = toy_showers(1000, profile_spread=0.3)
    at_once = fit_linear_calibration(LAYERS, [showers], SHAPE)
    in_parts = fit_linear_calibration(LAYERS, iter(batches(showers, 37)), SHAPE)
    np.testing.assert_allclose(in_parts.weights_mev, at_once.weights_mev, rtol=1e-9)


def test_a_large_offset_loses_no_digits():
    x = np.random.default_rng(1).normal(size=(1000, 2)) + 1e7
    running = RunningLeastSquares(2)
    for part in range(0, 1000, 100):
        running.update(x[part : part + 100], x[part : part + 100] @ np.array([3.0, -2.0]) - 1e7)
    np.testing.assert_allclose(running.solve().weights, [3.0, -2.0], rtol=1e-6)


@pytest.mark.parametrize("copy", [False, True])
def test_a_dead_or_doubled_layer_gets_a_ridge_and_says_so(copy):
    random = np.random.default_rng(1)
    x = random.gamma(2.0, size=(2000, 3))
    y = x[:, :2] @ np.array([2.0, 5.0]) + 1.0
    x[:, 2] = x[:, 1] if copy else 0.0
    running = RunningLeastSquares(3)
    running.update(x, y)
    found = running.solve()
    assert found.ridge > 0.0
    # Equal columns share a weight; a dead one has none. The ridge shrinks weights by about itself.
    expected = [2.0, 2.5, 2.5] if copy else [2.0, 5.0, 0.0]
    np.testing.assert_allclose(found.weights, expected, rtol=10.0 * found.ridge, atol=1e-12)


def test_too_few_events_are_told():
    with pytest.raises(DataError, match="got 7 events; expected more than 7"):
        fit(LAYERS, toy_showers(7))


def test_json_keeps_every_digit():
    showers = toy_showers(100, profile_spread=0.2)
    found = fit(LAYERS, showers)
    again = LinearCalibration.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    np.testing.assert_array_equal(again.predict(showers), found.predict(showers))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights_mev": [1.0]}, "a weight for each layer"),
        ({"weights_mev": [float("nan")] * 6}, "weights_mev"),
        ({"kind": "cubic"}, "kind"),
        ({"shape": [6, 4]}, "shape"),
        ({"more": 1}, "unknown key 'more'"),
    ],
)
def test_a_wrong_dict_is_refused(changes, words):
    values = {**fit(TOTAL, toy_showers(50)).to_dict(), **changes}
    with pytest.raises(FileFormatError, match=words):
        LinearCalibration.from_dict(values)
