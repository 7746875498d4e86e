"""What is fitted in bins of pT holds at 30 GeV, too, where the range goes to 2 TeV.

Jets are flat in pT, so that 1 % of them lie below 50 GeV.
"""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.models.jet_baseline_config import NumericalInversionConfig
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.jet_errors import calibrate_jet_errors, jet_errors
from showerkit.reconstruct.jet_response import corrected_jets, fit_jet_response
from showerkit.reconstruct.numerical_inversion import fit_numerical_inversion
from showerkit.train.jet_error_config import JetIntervalSettings
from showerkit.train.jet_response_config import JetResponseSettings

N = 200_000
ETA = (0.0, 3.0)
#: Of the lowest pT, bins in which 1,000 jets and more lie.
LOW = ((30.0, 42.0), (42.0, 60.0), (60.0, 90.0), (90.0, 150.0))


def sample(seed):
    """True pT, and pT with a response that goes up and down in ln pT, smeared by 10 % at 30 GeV."""
    random = np.random.default_rng(seed)
    true = random.uniform(30.0, 2000.0, size=N)
    sigma = np.hypot(0.5 * np.sqrt(true), 0.04 * true)
    seen = true * (1.0 + 0.15 * np.sin(3.0 * np.log(true / 30.0))) + sigma * random.normal(size=N)
    return seen, true, sigma


def closures(found, true, sigma):
    """Mean response - 1 in the lowest bins, and its error with that of the fit."""
    for low, high in LOW:
        inside = (true >= low) & (true < high)
        error = (sigma / true)[inside].mean() * np.sqrt(2.0 / inside.sum())
        yield (found / true)[inside].mean() - 1.0, error


@pytest.mark.parametrize("spacing", ["number", "log"])
def test_inversion_closes_at_low_pt_with_logarithmic_bins_alone(spacing):
    seen, true, sigma = sample(1)
    config = NumericalInversionConfig(abs_eta_edges=ETA, pt_bins=20, spacing=spacing)
    scale = fit_numerical_inversion(config, seen, 0 * seen, true)
    assert scale.measured_gev.shape == (1, 22)
    # Curvature within a resolution leaves some per cent (see the module), chords of wide bins far more.
    off = [abs(closure) for closure, _ in closures(scale.predict(seen, 0 * seen), true, sigma)]
    assert (max(off) < 0.05) == (spacing == "log")


def test_bins_with_too_few_jets_change_no_function():
    true = np.concatenate([np.linspace(30.0, 31.0, 30), np.linspace(500.0, 1000.0, 4000)])
    config = NumericalInversionConfig(abs_eta_edges=ETA, pt_bins=20, spacing="log")
    scale = fit_numerical_inversion(config, 0.5 * true + 10.0, 0 * true, true)
    assert scale.measured_gev.shape == (1, 22)
    np.testing.assert_allclose(scale.predict(0.5 * true + 10.0, 0 * true), true, rtol=1e-3)


@pytest.mark.parametrize("spacing", ["root", "log"])
def test_the_response_is_corrected_at_low_pt_with_logarithmic_knots_alone(spacing):
    seen, true, sigma = sample(2)
    settings = JetResponseSettings(knots=16, spacing=spacing, abs_eta_edges=ETA)
    correction = fit_jet_response(settings, 1e3 * seen, 1e3 * true, 0 * seen)
    seen, true, sigma = sample(3)
    found = corrected_jets(correction, MeasuredEnergies(1e3 * seen), 0 * seen).energy_mev / 1e3
    # Pieces between knots leave some of the bend.
    good = all(abs(closure) < 0.01 + 4.0 * error for closure, error in closures(found, true, sigma))
    assert good == (spacing == "log")


@pytest.mark.parametrize("spacing", ["number", "log"])
def test_coverage_holds_at_low_pt_with_logarithmic_bins_alone(spacing):
    random = np.random.default_rng(4)
    settings = JetIntervalSettings(abs_eta_edges=ETA, bins=12, spacing=spacing)
    true = random.uniform(30.0, 2000.0, size=N)
    # Of low pT most jets are better than what is said of them, and some far worse.
    low = true < 90.0
    seen = true * np.where(low, 1.0 + 0.02 * random.standard_t(3, size=N), 1.0 + 0.04 * random.normal(size=N))
    learns = np.arange(N) % 2 == 0
    measured = MeasuredEnergies(1e3 * seen, 40.0 * seen)
    parts = [MeasuredEnergies(measured.energy_mev[rows], measured.sigma_mev[rows])
             for rows in (learns, ~learns)]  # fmt: skip
    bins = calibrate_jet_errors(settings, parts[0], 1e3 * true[learns], np.zeros(learns.sum()))
    _, ends = jet_errors(bins, parts[1], np.zeros((~learns).sum()))
    judged = 1e3 * true[~learns]
    inside = judged < 70e3
    covered = ((ends.low_mev <= judged) & (judged <= ends.high_mev))[inside].mean()
    error = np.sqrt(2.0 * 0.68 * 0.32 / inside.sum())
    assert (abs(covered - 0.68) < 4.0 * error + 0.01) == (spacing == "log")
