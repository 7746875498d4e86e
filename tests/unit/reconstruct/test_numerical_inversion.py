from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError, FileFormatError
from showerkit.models.jet_baseline_config import NumericalInversionConfig
from showerkit.reconstruct.numerical_inversion import NumericalInversion, fit_numerical_inversion

BINS = NumericalInversionConfig(abs_eta_edges=(0.0, 1.0, 3.0), pt_bins=30)


def measured(true, eta):
    """Rises with pT, differs by 20 % from |eta| 1 on."""
    return np.where(np.abs(eta) < 1.0, 1.0, 0.8) * (true - 4.0 * np.sqrt(true))


def sample(n=100_000, seed=1):
    random = np.random.default_rng(seed)
    return random.uniform(30.0, 150.0, size=n), random.uniform(-3.0, 3.0, size=n), random


def test_without_smearing_the_inverse_is_found():
    true, eta, _ = sample()
    pt = measured(true, eta)
    found = fit_numerical_inversion(BINS, pt, eta, true).predict(pt, eta)
    # Bins of 4 GeV and a second derivative of 30^(-3/2): some 1e-2 GeV off the chords, and ten times that
    # beyond the outermost knots, where a line through three of them goes on for half a bin.
    inner = (true > 34.0) & (true < 146.0)
    np.testing.assert_allclose(found[inner], true[inner], atol=0.05)
    np.testing.assert_allclose(found, true, atol=0.2)


def test_a_smeared_sample_closes_exactly_in_the_median():
    true, eta, random = sample(400_000)
    # A long tail to low pT, as jets have.
    pt = measured(true, eta) * (1.0 - 0.1 * random.gamma(2.0, size=len(true)))
    scale = fit_numerical_inversion(BINS.model_copy(update={"statistic": "median"}), pt, eta, true)
    ratio = scale.predict(pt, eta) / true
    for low in range(35, 145, 10):
        for inner in (True, False):
            here = (true > low) & (true < low + 5) & ((np.abs(eta) < 1.0) == inner)
            # Error of a median of a law with density about 5 there.
            error = 1.0 / (2.0 * 5.0 * np.sqrt(here.sum()))
            assert abs(np.median(ratio[here]) - 1.0) < 5 * error + 1e-3


def test_the_mean_closes_for_a_response_without_curvature():
    true, eta, random = sample(400_000)
    pt = 0.7 * true * (1.0 + 0.15 * random.normal(size=len(true)))
    ratio = fit_numerical_inversion(BINS, pt, eta, true).predict(pt, eta) / true
    for low in range(30, 150, 10):
        here = (true > low) & (true < low + 10)
        # Of bins and of knots.
        error = 0.15 * np.sqrt(1.0 / here.sum() + 1.0 / (len(true) / 60))
        assert abs(ratio[here].mean() - 1.0) < 5 * error


def test_the_scale_does_not_depend_on_the_spectrum():
    true, eta, random = sample(400_000)
    pt = 0.8 * true * (1.0 + 0.1 * random.normal(size=len(true)))
    falling = np.exp(-true / 30.0)
    one = fit_numerical_inversion(BINS, pt, eta, true)
    other = fit_numerical_inversion(BINS, pt, eta, true, falling)
    x = np.linspace(30.0, 110.0, 20)
    np.testing.assert_allclose(other.predict(x, 0 * x), one.predict(x, 0 * x), rtol=5 * 0.1 / np.sqrt(2000))


def test_weights_count_as_that_many_jets():
    true, eta, random = sample(4000)
    pt = true * (1.0 + 0.1 * random.normal(size=len(true)))
    config = NumericalInversionConfig(abs_eta_edges=(0.0, 4.0), pt_bins=2)
    doubled = np.repeat(np.arange(len(true)), 2)
    one = fit_numerical_inversion(config, pt[doubled], eta[doubled], true[doubled])
    other = fit_numerical_inversion(config, pt, eta, true, np.full(len(true), 2.0))
    np.testing.assert_allclose(one.measured_gev, other.measured_gev, rtol=1e-12)


def test_what_falls_is_made_to_rise():
    true, eta, _ = sample(20_000)
    scale = fit_numerical_inversion(BINS, 80.0 - 0.3 * (true - 80.0), eta, true)
    assert (np.diff(scale.predict(np.linspace(1.0, 200.0, 100), np.zeros(100))) >= 0).all()


def test_a_bin_with_too_few_jets_gets_its_neighbours_function():
    true, eta, _ = sample(20_000)
    config = NumericalInversionConfig(abs_eta_edges=(0.0, 1.0, 3.0, 4.0, 5.0), pt_bins=10)
    scale = fit_numerical_inversion(config, measured(true, eta), eta, true)
    for row in (2, 3):
        np.testing.assert_array_equal(scale.measured_gev[row], scale.measured_gev[1])


def test_tensors_keep_every_digit_and_are_checked():
    true, eta, _ = sample(20_000)
    scale = fit_numerical_inversion(BINS, measured(true, eta), eta, true)
    tensors = scale.to_tensors()
    again = NumericalInversion.from_tensors(tensors)
    np.testing.assert_array_equal(again.predict(true, eta), scale.predict(true, eta))
    with pytest.raises(FileFormatError, match="other tensors"):
        NumericalInversion.from_tensors({"true_gev": tensors["true_gev"]})
    with pytest.raises(FileFormatError, match="true_gev"):
        NumericalInversion.from_tensors(tensors | {"true_gev": -tensors["true_gev"]})
    with pytest.raises(FileFormatError, match="shapes"):
        NumericalInversion.from_tensors(tensors | {"abs_eta_edges": torch.arange(9.0)})


def test_too_few_jets_and_wrong_settings_are_told():
    few = np.linspace(20.0, 30.0, 50)
    with pytest.raises(DataError, match="fewer bins"):
        fit_numerical_inversion(BINS, few, 0 * few, few)
    with pytest.raises(DataError, match="one value"):
        fit_numerical_inversion(BINS, np.full(9000, 3.0), np.zeros(9000), np.full(9000, 3.0))
    for edges in ((0.5, 1.0), (0.0, 2.0, 1.0)):
        with pytest.raises(ConfigurationError, match="rising edges"):
            parse_config(NumericalInversionConfig, {"abs_eta_edges": edges}, source="test")


def test_what_a_density_adds_over_an_area_is_taken_away():
    random = np.random.default_rng(5)
    true, eta, rho = random.uniform(30.0, 150.0, 20_000), np.zeros(20_000), random.uniform(0.0, 40.0, 20_000)
    config = BINS.model_copy(update={"area": 0.5})
    scale = fit_numerical_inversion(config, 0.8 * true + 0.5 * rho, eta, true, rho_gev=rho)
    np.testing.assert_allclose(scale.predict(0.8 * true + 0.5 * rho, eta, rho), true, rtol=1e-6)
    kept = NumericalInversion.from_tensors(scale.to_tensors())
    np.testing.assert_array_equal(kept.predict(true, eta, rho), scale.predict(true, eta, rho))
    with pytest.raises(FileFormatError, match="area"):
        NumericalInversion(scale.abs_eta_edges, scale.measured_gev, scale.true_gev, np.array(-1.0))
