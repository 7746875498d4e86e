"""Errors of jets: pulls of width 1 and coverage in bins of |eta| and pT, whatever was predicted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.jet_errors import calibrate_jet_errors, jet_errors
from showerkit.reconstruct.sigma_calibration import calibrated_sigma, fit_sigma_calibration
from showerkit.train.jet_error_config import JetErrorBins, JetIntervalSettings, SigmaCalibration

EDGES = (0.0, 0.8, 1.3, 2.5)
N = 60_000


def jets(seed, n=N):
    """Jets of 30 to 150 GeV whose true sigma differs by |eta| and, twofold, from jet to jet."""
    random = np.random.default_rng(seed)
    true, eta = random.uniform(30e3, 150e3, n), random.uniform(-2.5, 2.5, n)
    width = np.array([0.06, 0.09, 0.12])[np.searchsorted(EDGES, np.abs(eta), side="right") - 1]
    sigma = width * true * random.choice([0.7, 1.4], size=n)
    return true + sigma * random.normal(size=n), sigma, true, eta


def pulls_and_coverage(found, measured, true, eta):
    """Widths of the pulls and coverage in three bins of |eta|, and jets in them."""
    sigma, (low, high) = jet_errors(found, measured, eta)
    place = np.searchsorted(EDGES, np.abs(eta), side="right") - 1
    widths, coverage, numbers = [], [], []
    for number in range(3):
        inside = place == number
        widths.append(np.sqrt(np.mean(((measured.energy_mev - true) / sigma)[inside] ** 2)))
        coverage.append(((low <= true) & (true <= high))[inside].mean())
        numbers.append(inside.sum())
    return np.array(widths), np.array(coverage), np.array(numbers)


@pytest.mark.parametrize("predicts", [False, True])
def test_pulls_and_coverage_are_right_in_every_bin_of_eta(predicts):
    settings = JetIntervalSettings(abs_eta_edges=EDGES, bins=5)
    seen, sigma, true, eta = jets(1)
    # What is predicted is wrong by a factor that depends on |eta|.
    wrong = np.where(np.abs(eta) < 1.0, 0.3, 2.0)
    found = calibrate_jet_errors(
        settings, MeasuredEnergies(seen, wrong * sigma if predicts else None), true, eta
    )
    seen, sigma, true, eta = jets(2)
    wrong = np.where(np.abs(eta) < 1.0, 0.3, 2.0)
    measured = MeasuredEnergies(seen, wrong * sigma if predicts else None)
    widths, coverage, numbers = pulls_and_coverage(found, measured, true, eta)
    # Both samples scatter. Pulls with a kurtosis below 4: relative error below sqrt(3 / 4n) each.
    assert (np.abs(widths - 1.0) < 4.0 * np.sqrt(2.0 * 0.75 / numbers)).all()
    assert (np.abs(coverage - 0.68) < 4.0 * np.sqrt(2.0 * 0.68 * 0.32 / numbers)).all()


def test_with_a_predicted_sigma_coverage_holds_for_well_and_badly_measured_jets():
    settings = JetIntervalSettings(abs_eta_edges=EDGES, bins=5)
    seen, sigma, true, eta = jets(3)
    badly = sigma / true > np.array([0.06, 0.09, 0.12])[np.searchsorted(EDGES, np.abs(eta)) - 1]
    covered = {}
    for name, told in (("told", sigma), ("untold", None)):
        measured = MeasuredEnergies(seen, told)
        low, high = jet_errors(calibrate_jet_errors(settings, measured, true, eta), measured, eta)[1]
        covered[name] = ((low <= true) & (true <= high))[badly].mean()
    # Four standard errors, those of the bins' scores among them.
    assert covered["told"] == pytest.approx(0.68, abs=4.0 * np.sqrt(2.0 * 0.68 * 0.32 / badly.sum()))
    assert covered["untold"] < 0.6


def test_a_few_sigmas_far_too_small_leave_the_others_as_they_are():
    random = np.random.default_rng(4)
    sigma = np.full(10_000, 5.0)
    residual = sigma * random.normal(size=len(sigma))
    told = sigma.copy()
    told[::100] = 0.01
    energy = np.full(len(sigma), 50e3)
    plain = fit_sigma_calibration(told, residual, energy, floored=False)
    floored = fit_sigma_calibration(told, residual, energy)
    assert plain.scales[0] > 10.0
    found = calibrated_sigma(floored, told, energy)
    assert found[1] == pytest.approx(5.0, rel=0.05)
    assert found[0] == pytest.approx(5.0, rel=0.35)
    assert np.mean((residual / found) ** 2) == pytest.approx(1.0)


def test_each_bin_has_its_own_factor():
    energy, sigma = np.repeat([40.0, 90.0], 100), np.ones(200)
    residual = np.repeat([2.0, 3.0], 100) * np.tile([-1.0, 1.0], 100)
    found = fit_sigma_calibration(sigma, residual, energy, (60.0,))
    np.testing.assert_allclose(calibrated_sigma(found, sigma, energy), np.abs(residual))
    # One sigma for the bin, and no floor, are the same here.
    again = SigmaCalibration.model_validate_json(found.model_dump_json())
    assert again == found


def test_bins_with_few_jets_take_those_of_a_neighbour_and_few_jets_have_one_bin():
    seen, sigma, true, eta = jets(5, 6000)
    inner = np.abs(eta) < 1.3
    settings = JetIntervalSettings(abs_eta_edges=EDGES)
    part = calibrate_jet_errors(
        settings, MeasuredEnergies(seen[inner], sigma[inner]), true[inner], eta[inner]
    )
    assert part.errors[2] == part.errors[1] != part.errors[0]
    few = calibrate_jet_errors(settings, MeasuredEnergies(seen[:150], None), true[:150], eta[:150])
    assert few.errors[0] == few.errors[1] == few.errors[2]
    assert few.errors[0].intervals["inner_edges_mev"] == []
    beyond = jet_errors(part, MeasuredEnergies(seen[:1], sigma[:1]), np.array([9.0]))
    assert math.isfinite(beyond[0][0])


def test_what_cannot_be_is_refused():
    nothing = np.zeros(0)
    with pytest.raises(DataError, match="calibration jets"):
        calibrate_jet_errors(JetIntervalSettings(), MeasuredEnergies(nothing), nothing, nothing)
    found = calibrate_jet_errors(
        JetIntervalSettings(),
        MeasuredEnergies(np.arange(50.0) + 1, np.ones(50)),
        np.arange(50.0),
        np.ones(50),
    )
    with pytest.raises(DataError, match="no sigmas"):
        jet_errors(found, MeasuredEnergies(np.ones(3)), np.ones(3))
    for config, values in (
        (JetIntervalSettings, {"abs_eta_edges": [0.5, 1.0]}),
        (SigmaCalibration, {"floors_mev": [0.0], "scales": [1.0, 2.0]}),
        (SigmaCalibration, {"floors_mev": [0.0], "scales": [0.0]}),
        (JetErrorBins, {"abs_eta_edges": [0.0, 1.0], "errors": []}),
    ):
        with pytest.raises(ConfigurationError):
            parse_config(config, values, source="test")
