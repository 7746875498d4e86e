"""Response, resolution, pulls and coverage of toy reconstructions whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from showerkit.evaluate.binned_width import binned_width
from showerkit.evaluate.bootstrap import BootstrapWeights, replica_error
from showerkit.evaluate.energy_resolution import energy_resolution
from showerkit.evaluate.interval_coverage import coverage_curve
from showerkit.evaluate.pulls import pull_curve
from showerkit.evaluate.resolution_fit import fit_resolution

N, REPLICAS = 60_000, 50
EDGES = np.linspace(0.0, 10_000.0, 21)
A, B, C = 0.32, 0.05, 0.08  # sqrt(GeV), 1, GeV


def toy(seed=1, n=N, response=1.0, a=A, b=B, c=C):
    random = np.random.default_rng(seed)
    true = random.uniform(0.0, 10_000.0, size=n)
    gev = true / 1000.0
    sigma = 1000.0 * np.sqrt(a**2 * gev + (b * gev) ** 2 + c**2)
    return true, response * true + sigma * random.normal(size=n), sigma


@pytest.fixture(scope="module")
def weights():
    return BootstrapWeights(1, REPLICAS).rows(0, N)


def test_terms_of_a_toy_calorimeter_are_found(weights):
    true, predicted, _ = toy()
    curve = energy_resolution(true, predicted, weights, EDGES)
    # The noise term makes residuals over sqrt(E) depend on E within the lowest bin.
    above = slice(1, None)
    for replicas in (curve.core, curve.spread):
        error = replica_error(replicas)
        fit = fit_resolution(curve.energy_mev[above], replicas[0, above], error[above])
        pull = (fit.values - [A, B, C]) / fit.errors
        assert np.abs(pull).max() < 4
        assert (fit.errors < [0.01, 0.02, 0.06]).all()
        assert fit.p_value > 1e-4


@pytest.mark.parametrize("width", ["core", "spread"])
def test_a_stochastic_term_alone_is_exact_down_to_energy_0(weights, width):
    true, predicted, _ = toy(b=0.0, c=0.0)
    curve = energy_resolution(true, predicted, weights, np.array([0.0, 1000.0, 10_000.0]))
    found = getattr(curve, width)[0] * np.sqrt(curve.energy_mev / 1000.0)
    relative = {"core": 0.962, "spread": 1 / math.sqrt(2)}[width] / np.sqrt(curve.events)
    assert (np.abs(found / A - 1.0) < 4 * relative).all()


def test_response_is_found_in_every_bin(weights):
    true, predicted, _ = toy(response=0.9)
    curve = energy_resolution(true, predicted, weights, EDGES)
    error = replica_error(curve.response)
    assert np.abs((curve.response[0] - 0.9) / error).max() < 4.5
    centre = 0.5 * (EDGES[1:] + EDGES[:-1])
    assert np.abs(curve.energy_mev - centre).max() < 5 * 500 / math.sqrt(12 * N / 20)
    assert curve.events.sum() == N


def test_bootstrap_errors_are_those_of_formulas(weights):
    values = np.random.default_rng(1).normal(size=N)
    found = binned_width(np.zeros(N, dtype=np.int64), 1, weights, values)
    for part, expected in (("mean", 1.0), ("spread", math.sqrt(0.5)), ("core", 0.962)):
        error = float(replica_error(getattr(found, part))[0]) * math.sqrt(N)
        # A standard deviation of 50 replicas has the relative error 1/10.
        assert error == pytest.approx(expected, rel=4 / math.sqrt(2 * REPLICAS))


def test_weights_are_repeated_events():
    random = np.random.default_rng(1)
    values, bins = random.normal(size=300), random.integers(-1, 3, size=300)
    weights = BootstrapWeights(1, 5).rows(0, 300)
    found = binned_width(bins, 3, weights, values)
    for replica in range(6):
        for number in range(3):
            rows = np.repeat(np.flatnonzero(bins == number), weights[bins == number, replica])
            repeated = values[rows]
            low, high = np.quantile(repeated, stats.norm.cdf([-1, 1]), method="inverted_cdf")
            assert found.core[replica, number] == pytest.approx(0.5 * (high - low))
            assert found.mean[replica, number] == pytest.approx(repeated.mean())
            assert found.spread[replica, number] == pytest.approx(repeated.std(ddof=1))


def test_core_leaves_tails_out(weights):
    values = np.random.default_rng(1).normal(size=N)
    values[: N // 100] *= 30.0
    found = binned_width(np.zeros(N, dtype=np.int64), 1, weights, values)
    assert found.core[0, 0] == pytest.approx(1.0, abs=0.03)
    assert found.spread[0, 0] == pytest.approx(math.sqrt(0.99 + 9.0), rel=0.2)


def test_bins_with_few_events_and_events_without_a_prediction(weights):
    true, predicted, sigma = toy()
    predicted[true > 9500.0] = np.nan
    curve = energy_resolution(true, predicted, weights, EDGES)
    pulls = pull_curve(true, predicted, sigma, weights, EDGES)
    for replicas in (curve.response, curve.core, curve.spread, pulls.mean, pulls.core):
        assert np.isnan(replicas[:, -1]).all()
        assert np.isfinite(replicas[:, :-1]).all()


def test_pulls_tell_a_wrong_sigma(weights):
    true, predicted, sigma = toy()
    for factor in (0.5, 1.0, 2.0):
        curve = pull_curve(true, predicted, factor * sigma, weights, EDGES)
        for part, relative in (("core", 0.962), ("spread", math.sqrt(0.5))):
            found = getattr(curve, part)[0] * factor
            assert (np.abs(found - 1.0) < 4.5 * relative / np.sqrt(curve.events)).all()
        assert (np.abs(curve.mean[0]) * factor < 4.5 / np.sqrt(curve.events)).all()
    shifted = pull_curve(true, predicted - sigma, sigma, weights, EDGES[[0, -1]])
    assert float(shifted.mean[0, 0]) == pytest.approx(1.0, abs=4 / math.sqrt(N))


def test_coverage_of_gaussian_intervals():
    true, predicted, sigma = toy()
    covered = np.abs(true - predicted) <= sigma
    curve = coverage_curve(covered, true, EDGES)
    exact = math.erf(math.sqrt(0.5))
    error = np.sqrt(exact * (1 - exact) / curve.events)
    assert (np.abs(curve.coverage - exact) < 4.5 * error).all()
    assert (curve.low < curve.coverage).all()
    assert (curve.coverage < curve.high).all()
    # Many events: the interval is the Gaussian one.
    np.testing.assert_allclose(curve.high - curve.low, 2 * error, rtol=0.05)


@pytest.mark.parametrize("n", [1, 5, 30])
def test_binomial_interval_covers_at_least_68_per_cent(n):
    ends = [coverage_curve(np.arange(n) < k, np.full(n, 0.5), np.array([0.0, 1.0])) for k in range(n + 1)]
    assert ends[0].low[0] == 0.0 < ends[0].high[0]
    assert ends[n].low[0] < ends[n].high[0] == 1.0
    for truth in np.linspace(0.01, 0.99, 25):
        inside = [end.low[0] <= truth <= end.high[0] for end in ends]
        assert stats.binom.pmf(np.arange(n + 1), n, truth) @ inside > 0.6826


def test_coverage_without_events():
    curve = coverage_curve(np.array([True]), np.array([0.5]), np.array([0.0, 1.0, 2.0]))
    assert np.isnan([curve.coverage[1], curve.low[1], curve.high[1]]).all()
