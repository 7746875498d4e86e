from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.reconstruct.energy_calibration import calibrate_errors
from showerkit.reconstruct.energy_measurement import MeasuredEnergies, joined
from showerkit.train.energy_baseline_recipe import IntervalSettings

N = 40_000


def events(seed, form):
    """Energies with sigma = 300 MeV sqrt(E / GeV), of which a model says half, nothing or rough quantiles."""
    random = np.random.default_rng(seed)
    predicted = random.uniform(1000.0, 10_000.0, N)
    sigma = 300.0 * np.sqrt(predicted / 1000.0)
    true = predicted + sigma * random.normal(size=N)
    if form == "quantiles":
        measured = MeasuredEnergies(predicted, 0.5 * sigma, predicted - 0.3 * sigma, predicted + 2 * sigma)
    else:
        measured = MeasuredEnergies(predicted, 0.5 * sigma if form == "half" else None)
    return measured, true, sigma


@pytest.mark.parametrize("form", ["half", "nothing", "quantiles"])
def test_wrong_errors_are_put_right(form):
    measured, true, _ = events(1, form)
    errors = calibrate_errors(measured, true, IntervalSettings(coverage=0.68, bins=4))
    new, new_true, sigma = events(2, form)
    np.testing.assert_allclose(errors.sigma_mev(new), sigma, rtol=0.05)
    # A standard deviation of N pulls has the error 1 / sqrt(2 N), that of the calibration comes on top.
    pull = (new.energy_mev - new_true) / errors.sigma_mev(new)
    assert abs(pull.std() - 1.0) < 4 * np.sqrt(2 / (2 * N))
    if form == "quantiles":
        low, high = errors.intervals.between(new.lower_mev, new.upper_mev, new.energy_mev)
    else:
        low, high = errors.intervals.around(new.energy_mev, errors.sigma_mev(new))
    covered = (low <= new_true) & (new_true <= high)
    for lower in (1000.0, 3250.0, 5500.0, 7750.0):
        inside = (new.energy_mev >= lower) & (new.energy_mev < lower + 2250.0)
        assert abs(covered[inside].mean() - 0.68) < 4 * np.sqrt(2 * 0.68 * 0.32 / (N / 4))
    assert errors.intervals.events == (N // 4,) * 4


def test_energies_that_coincide_give_fewer_bins():
    predicted = np.repeat([1000.0, 2000.0], 500)
    true = predicted + np.random.default_rng(1).normal(0.0, 100.0, 1000)
    errors = calibrate_errors(MeasuredEnergies(predicted), true, IntervalSettings(bins=10))
    assert errors.intervals.inner_edges_mev == (2000.0,)


def test_parts_are_joined_column_by_column():
    one, other = MeasuredEnergies(np.ones(2), np.ones(2)), MeasuredEnergies(np.zeros(1), np.zeros(1))
    whole = joined([one, other])
    assert whole.energy_mev.tolist() == whole.sigma_mev.tolist() == [1.0, 1.0, 0.0]
    assert whole.lower_mev is None


def test_a_single_event_calibrates_nothing():
    with pytest.raises(DataError, match=r"calibration events: got 1.*data\.calibration_fraction"):
        calibrate_errors(MeasuredEnergies(np.ones(1)), np.ones(1), IntervalSettings())
