"""Measures of calibrated jets against samples whose law is known."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.jet_energy.calibrated import CalibratedJets, bin_numbers, pt_edges, replica_weights
from showerkit.evaluate.jet_energy.measures import key_figures, measure_jets, resolution_ratio
from showerkit.evaluate.jet_energy.response import jet_response
from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig

CONFIG = JetEnergyEvaluationConfig(pt_bins=4, abs_eta_edges=(0.0, 1.0, 2.0), bootstrap=60)
N = 40_000


def sample(n=N, *, width=0.1, seed=1, weight=None, quark=0.0, pile_up=0.0, eta=0.0, sigma=None, shift=0.0):
    """Response 1 + shift, for quarks, per collision and for |eta| > 1 moved by what is asked for."""
    random = np.random.default_rng(seed)
    true = random.uniform(30.0, 150.0, size=n)
    true_eta = random.uniform(-2.0, 2.0, size=n)
    flavour = random.choice([21, 1, 2, 4, 5, 0], size=n)
    mu = random.integers(0, 50, size=n).astype(float)
    response = 1.0 + shift + width * random.normal(size=n)
    response += quark * np.isin(flavour, (1, 2)) + pile_up * mu + eta * (np.abs(true_eta) > 1.0)
    told = {} if sigma is None else {"sigma_gev": sigma * true}
    weights = np.ones(n) if weight is None else weight(true, random)
    return CalibratedJets(
        true, true_eta, true * response, flavour, mu, weights, np.arange(n), **told
    )  # fmt: skip


def agrees(replicas, expected, errors=5.0):
    """Whether all bins agree with what is expected, within their own errors."""
    error = replica_error(replicas)
    assert (error > 0).all()
    assert (np.abs(replicas[0] - expected) < errors * error).all(), (replicas[0], error)


def test_response_and_resolution_are_found_with_the_errors_of_theory():
    found = measure_jets(sample(shift=-0.05), CONFIG)
    for law, bins in ((found.of_pt, 4), (found.of_eta, 2), (found.of_all, 1)):
        n = N / bins
        np.testing.assert_allclose(law.jets, n, rtol=5 / np.sqrt(n))
        agrees(law.closure, -0.05)
        agrees(law.median, 0.95)
        agrees(law.spread, 0.1)
        agrees(law.core, 0.1)
        agrees(law.resolution, 0.1 / 0.95)
        # An error from 60 replicas is itself good to 1 / sqrt(120).
        for part, error in ((law.mean, 1.0), (law.spread, np.sqrt(0.5)), (law.core, 0.96)):
            np.testing.assert_allclose(replica_error(part), 0.1 * error / np.sqrt(n), rtol=5 / np.sqrt(120))
    np.testing.assert_allclose(found.pt_gev, [45, 75, 105, 135], atol=1.0)


def test_weights_move_the_law_and_raise_its_error():
    """Weights of exp(exponential) law would have no limit; a flat 0 to 2 has <w^2>/<w>^2 = 4/3."""
    found = measure_jets(sample(weight=lambda true, random: random.uniform(0, 2, size=len(true))), CONFIG)
    np.testing.assert_allclose(found.of_all.jets, N * 3 / 4, rtol=0.02)
    agrees(found.of_all.mean, 1.0)
    error = 0.1 * np.sqrt(4 / 3 / N)
    assert replica_error(found.of_all.mean)[0] == pytest.approx(error, rel=5 / np.sqrt(120))
    # Weights that know of the response: the law is that of the weighted jets.
    jets = sample()
    tilt = np.exp((jets.response - 1.0) / 0.1 * 0.5)
    tilted = jet_response(np.zeros(N, int), 1, (tilt[:, None] * np.ones((1, 2))), jets.response)
    # A Gaussian times exp(0.5 t) is the Gaussian moved by half a sigma.
    assert tilted.mean[0, 0] == pytest.approx(1.05, abs=5 * 0.1 / np.sqrt(N) * 1.2)
    assert tilted.median[0, 0] == pytest.approx(1.05, abs=5 * 0.125 / np.sqrt(N) * 1.2)
    assert tilted.core[0, 0] == pytest.approx(0.1, rel=5 / np.sqrt(N) * 1.2)


def test_a_weight_of_two_is_two_jets():
    jets = sample(600)
    twice = np.repeat(np.arange(600), 2)
    one = jet_response(np.zeros(600, int), 1, np.full((600, 1), 2.0), jets.response)
    other = jet_response(np.zeros(1200, int), 1, np.ones((1200, 1)), jets.response[twice])
    for name in ("mean", "median", "core"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


def test_jets_of_one_event_are_drawn_together():
    """Every jet twice, as two jets of its event: the error is that of the events."""
    jets = sample(5000)
    twice = np.repeat(np.arange(5000), 2)
    doubled = CalibratedJets(
        *(getattr(jets, name)[twice] for name in
          ("true_pt_gev", "true_eta", "pt_gev", "flavour", "pile_up", "weight", "event_id"))
    )  # fmt: skip
    one, other = (measure_jets(each, CONFIG).of_all.mean for each in (jets, doubled))
    np.testing.assert_allclose(replica_error(other), replica_error(one), rtol=1e-9)


def test_flavours_and_collisions_are_told_apart():
    found = measure_jets(sample(quark=0.04, pile_up=0.001, eta=0.02), CONFIG)
    agrees(found.quark_gluon, 0.04)
    agrees(found.pile_up_slope, 0.001)
    agrees(found.of_eta.mean[:, 1:] - found.of_eta.mean[:, :1], 0.02)
    difference = found.of_flavour["b"].mean - found.of_flavour["gluon"].mean
    agrees(difference, 0.0)
    assert set(found.of_flavour) == {"gluon", "light quark", "c", "b"}
    total = sum(law.jets.sum() for law in found.of_flavour.values())
    assert total == pytest.approx(N * 5 / 6, rel=0.02)


def test_pulls_and_coverage_know_errors_that_are_too_small():
    right, small = (measure_jets(sample(sigma=sigma), CONFIG) for sigma in (0.1, 0.05))
    agrees(right.pulls.mean, 0.0)
    agrees(right.pulls.core, 1.0)
    agrees(right.coverage, 0.6826894921370859)
    agrees(small.pulls_of_all.core, 2.0)
    # Within half a sigma.
    agrees(small.coverage_of_all, 0.3829249225480262)
    none = measure_jets(sample(), CONFIG)
    assert none.pulls is None
    assert none.coverage is None


def test_intervals_count_where_there_are_any():
    jets = sample()
    wide = CalibratedJets(
        jets.true_pt_gev, jets.true_eta, jets.pt_gev, jets.flavour, jets.pile_up, jets.weight, jets.event_id,
        low_gev=jets.pt_gev - 0.2 * jets.true_pt_gev, high_gev=jets.pt_gev + 0.1 * jets.true_pt_gev,
    )  # fmt: skip
    # Truth within -2 and +1 sigma of the measurement.
    agrees(measure_jets(wide, CONFIG).coverage_of_all, 0.8413447460685429 - 0.02275013194817921)


def test_the_ratio_of_two_calibrations_of_the_same_jets_is_surer_than_either():
    jets = sample()
    better = CalibratedJets(
        jets.true_pt_gev, jets.true_eta, jets.true_pt_gev * (1 + 0.8 * (jets.response - 1)), jets.flavour,
        jets.pile_up, jets.weight, jets.event_id,
    )  # fmt: skip
    one, other = measure_jets(better, CONFIG), measure_jets(jets, CONFIG)
    of_bins, mean = resolution_ratio(one.of_pt, other.of_pt)
    np.testing.assert_allclose(of_bins[0], 0.8, rtol=5e-3)
    assert mean[0] == pytest.approx(0.8, rel=2e-3)
    assert replica_error(mean) < 0.2 * replica_error(one.of_all.resolution[:, 0]) / 0.1


def test_key_figures_name_the_worst_bin():
    figures = key_figures(measure_jets(sample(eta=-0.03, quark=0.02, sigma=0.1), CONFIG))
    expected = {"largest_closure_eta": 0.03 - 0.02 / 3, "largest_quark_gluon": 0.02, "pull_width": 1.0}
    for name, value in expected.items():
        # The worst of four bins is high by chance.
        assert figures[name][0] == pytest.approx(value, abs=5 * figures[name][1] + 0.02 * (name[0] == "p"))
    assert set(figures) >= {"response", "resolution", "coverage", "pull_mean", "largest_closure_pt"}
    assert all(error > 0 for _, error in figures.values())


def test_few_jets_give_no_figures():
    found = measure_jets(sample(30), CONFIG)
    assert np.isnan(found.of_pt.mean[0]).any()
    assert np.isfinite(found.of_all.mean[0]).all()


def test_bins_and_settings():
    jets = sample(100)
    log = CONFIG.model_copy(update={"pt_spacing": "log", "pt_range_gev": (10.0, 160.0), "pt_bins": 4})
    np.testing.assert_allclose(pt_edges(jets, log), [10, 20, 40, 80, 160])
    open_ended = log.model_copy(update={"pt_spacing": None})
    np.testing.assert_allclose(pt_edges(jets, open_ended), pt_edges(jets, log))
    narrow = open_ended.model_copy(update={"pt_range_gev": (30.0, 150.0)})
    np.testing.assert_allclose(pt_edges(jets, narrow), [30, 60, 90, 120, 150])
    assert bin_numbers(np.array([9.0, 10.0, 160.0]), pt_edges(jets, log)).tolist() == [-1, 0, 3]
    weights = replica_weights(jets, CONFIG)
    assert (len(weights), weights.replicas) == (100, 61)
    for key, value in (("abs_eta_edges", [1.0, 0.5]), ("pt_range_gev", [3.0, 2.0])):
        with pytest.raises(ConfigurationError, match=key):
            parse_config(JetEnergyEvaluationConfig, {key: value}, source="test")
    one = np.ones(1)
    with pytest.raises(DataError, match="true_pt_gev"):
        CalibratedJets(0 * one, one, one, one, one, one, one)
    with pytest.raises(DataError, match="weight"):
        CalibratedJets(one, one, one, one, one, -one, one)
    with pytest.raises(DataError, match="sigma_gev"):
        CalibratedJets(one, one, one, one, one, one, one, sigma_gev=np.ones(2))
    with pytest.raises(DataError, match="alone"):
        pt_edges(CalibratedJets(one, one, one, one, one, one, one), CONFIG)
