"""Aims of calibrations of jets, the choice of the baseline, and bins."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from showerkit.errors import ConfigurationError
from showerkit.evaluate.jet_energy.aims import jet_aims, reached
from showerkit.evaluate.jet_energy.bins import jet_bins, shown_bins
from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
from showerkit.evaluate.jet_energy.choice import baseline_number
from showerkit.evaluate.jet_energy.curves import pull_histogram
from showerkit.evaluate.jet_energy.figures_of_merit import root_mean_square
from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
from showerkit.evaluate.measurement import Measurement

CONFIG = JetEnergyEvaluationConfig(pt_bins=2, pt_range_gev=(30.0, 50.0), abs_eta_edges=(0.0, 1.0, 2.0))


def figures(**values):
    """Measures by key, each with its value and error."""
    keys = {key.replace("__", "."): value for key, value in values.items()}
    return {key: Measurement(key, key, "", "", "level", value, error) for key, (value, error) in keys.items()}


def test_aims_are_met_open_or_missed():
    measures = figures(
        resolution__ratio=(0.80, 0.01), resolution__ratio_worst=(0.86, 0.02), closure__pt=(-1.5, 0.1),
        flavour__ratio=(0.5, 0.1), pull__width=(0.96, 0.02), coverage__overall=(69.9, 0.3),
    )  # fmt: skip
    aims = jet_aims(measures, tolerated=0.01, nominal=0.68, is_baseline=False)
    assert {aim.key: aim.reached for aim in aims} == {
        "resolution.ratio": "met", "resolution.ratio_worst": "open", "closure.pt": "missed",
        "flavour.ratio": "met", "pull.width": "open", "coverage.overall": "missed",
    }  # fmt: skip
    alone = jet_aims(measures, tolerated=0.02, nominal=0.69, is_baseline=True)
    assert [(aim.key, aim.reached) for aim in alone] == [
        ("closure.pt", "met"), ("pull.width", "open"), ("coverage.overall", "met"),
    ]  # fmt: skip
    # An error that is not known opens nothing.
    assert reached(1.01, float("nan"), 1.0) == "missed"


def test_the_baseline_is_the_standard_scale_else_the_first():
    def one(name, kind):
        return SimpleNamespace(name=name, kind=kind, path=None)

    network, scale = one("network", "particle-flow"), one("scale", "numerical-inversion")
    assert baseline_number([network, scale]) == 1
    assert baseline_number([network]) == 0
    assert baseline_number([network, scale], "network") == 0
    with pytest.raises(ConfigurationError, match="expected one of network, scale"):
        baseline_number([network, scale], "trees")


def jets(true, eta, pile_up=0.0, pt=None, sigma=None, weight=None):
    n = len(true)
    told = {} if sigma is None else {"sigma_gev": sigma}
    return CalibratedJets(
        true, eta, true if pt is None else pt, np.full(n, 21), np.zeros(n) + pile_up,
        np.ones(n) if weight is None else weight, np.arange(n), **told
    )  # fmt: skip


def test_jets_outside_of_either_range_are_in_no_bin():
    bins = jet_bins(jets(np.array([35.0, 45.0, 50.0, 20.0, 35.0]), np.array([0.5, -1.5, 0, 0, 3.0])), CONFIG)
    assert bins.of_pt.tolist() == [0, 1, 1, -1, -1]
    assert bins.of_eta.tolist() == [0, 1, 0, -1, -1]
    assert bins.of_both.tolist() == [0, 3, 2, -1, -1]
    assert bins.of_all.tolist() == [0, 0, 0, -1, -1]
    assert bins.n_pile_up == 0


def test_collisions_are_binned_by_equal_numbers_of_jets():
    some = jets(np.full(600, 40.0), np.zeros(600), pile_up=np.arange(600.0))
    bins = jet_bins(some, CONFIG)
    assert np.bincount(bins.of_pile_up).tolist() == [100] * 6
    assert shown_bins(some, bins) == (1,)


def test_every_bin_of_pt_counts_alike_in_the_pulls():
    """The low bin, of ten times the weight, has pulls of +1; the high one of -1."""
    true = np.repeat([35.0, 45.0], 50)
    pull = np.where(true < 40.0, 1.1, -1.1)
    some = jets(
        true, np.zeros(100), pt=true + pull, sigma=np.ones(100), weight=np.where(true < 40, 10.0, 1.0)
    )
    curve = pull_histogram(some, jet_bins(some, CONFIG), 10)
    np.testing.assert_allclose(curve.y[[3, 6]], 0.5)
    assert curve.y.sum() == pytest.approx(1.0)


def test_noise_alone_has_no_root_mean_square():
    """Unlike the mean of absolute values, which is 0.8 for unit noise."""
    random = np.random.default_rng(3)
    measured = random.normal(size=(1, 2000))
    replicas = np.concatenate([measured, measured + random.normal(size=(100, 2000))])
    found = root_mean_square(replicas, np.ones(2000))
    # The mean of 2000 squares of unit noise is known to sqrt(2/2000), 3 %.
    assert found[0] < np.sqrt(5 * np.sqrt(2 / 2000) + 0.01)
