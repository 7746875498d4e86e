from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.response_correction import (
    CorrectedMeasurement,
    corrected,
    fit_response_correction,
    slope,
)
from showerkit.train.energy_checkpoint import ResponseCorrection

N = 200_000


def posterior_means(seed, k=0.35):
    """Posterior means in MeV by a Gaussian signal, of energies that are flat from 0 to 10 GeV."""
    random = np.random.default_rng(seed)
    true = random.uniform(0.0, 10.0, N)
    signal = true + k * np.sqrt(true) * random.normal(size=N)
    grid = np.linspace(0.0, 10.0, 401) + 1e-3
    seen = np.linspace(-3.0, 14.0, 600)
    likelihood = np.exp(-0.5 * (seen[:, None] - grid) ** 2 / (k**2 * grid)) / np.sqrt(grid)
    mean = (likelihood * grid).sum(axis=1) / np.maximum(likelihood.sum(axis=1), 1e-300)
    return 1e3 * np.interp(signal, seen, mean), 1e3 * true, 1e3 * k * np.sqrt(true)


def test_a_bias_at_the_ends_of_the_range_goes():
    measured, true, _ = posterior_means(1)
    correction = fit_response_correction(measured, true)
    measured, true, sigma = posterior_means(2)
    free = corrected(correction, measured)
    assert np.all(np.diff(corrected(correction, np.linspace(-1e3, 12e3, 500))) > 0)
    for low in np.arange(500.0, 9500.0, 500.0):
        inside = (true >= low) & (true < low + 500.0)
        error = sigma[inside].mean() / np.sqrt(inside.sum())
        # Between knots a resolution or two apart some of the bend is left.
        assert abs((free - true)[inside].mean()) < 0.005 * low + 4.0 * error
    inside = true > 9000.0
    assert (measured - true)[inside].mean() < -300.0


def test_what_is_right_stays_as_it_is():
    random = np.random.default_rng(3)
    true = random.uniform(0.0, 10_000.0, N)
    measured = true + 10.0 * np.sqrt(true) * random.normal(size=N)
    correction = fit_response_correction(measured, true)
    energy = np.linspace(500.0, 9500.0, 10)
    np.testing.assert_allclose(corrected(correction, energy), energy, atol=60.0)
    np.testing.assert_allclose(slope(correction, energy), 1.0, atol=0.1)


def test_errors_and_quantiles_follow_the_energies():
    correction = ResponseCorrection(measured_mev=(0.0, 100.0, 200.0), corrected_mev=(0.0, 100.0, 400.0))
    measurement = CorrectedMeasurement(lambda _: None, correction)
    measured = MeasuredEnergies(*(np.array([50.0, 150.0, 300.0]) for _ in range(4)))
    found = measurement.apply(measured)
    for energies in (found.energy_mev, found.lower_mev, found.upper_mev):
        assert energies.tolist() == [50.0, 250.0, 700.0]
    assert found.sigma_mev.tolist() == [50.0, 450.0, 900.0]


def test_too_few_events_are_told():
    with pytest.raises(DataError, match="at least 400 for 10 knots"):
        fit_response_correction(np.ones(100), np.ones(100))
    with pytest.raises(DataError, match="a range of energies"):
        fit_response_correction(np.ones(1000), np.arange(1000.0))
