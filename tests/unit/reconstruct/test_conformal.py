"""Conformal intervals cover what they promise, for right models and wrong ones."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.reconstruct.conformal import (
    ConformalIntervals,
    calibrate_quantiles,
    calibrate_sigma,
)
from showerkit.reconstruct.conformal_quantile import conformal_quantile, conformal_rank

N = 20_000


def toy(seed, n=N):
    """Energies in MeV with sigma = 10 sqrt(E): true, predicted, sigma."""
    random = np.random.default_rng(seed)
    true = random.uniform(100.0, 10_000.0, size=n)
    sigma = 10.0 * np.sqrt(true)
    predicted = true + sigma * random.normal(size=n)
    return true, predicted, sigma


def assert_covers(true, intervals, coverage, calibration_events=N):
    """Both parts fluctuate: the calibrated coverage as Beta(k, n + 1 - k), then the test as a binomial."""
    inside = (true >= intervals.low_mev) & (true <= intervals.high_mev)
    n = calibration_events
    k = conformal_rank(n, coverage)
    law = stats.beta(k, n + 1 - k)
    error = math.sqrt(law.var() + law.mean() * (1 - law.mean()) / len(true))
    assert inside.mean() == pytest.approx(law.mean(), abs=4 * error)


def test_rank_is_exact_where_floats_are_not():
    # 100 * 0.55 is 55.00000000000001 in binary fractions: its ceiling would be 56.
    assert conformal_rank(99, 0.55) == 55
    for n in range(1, 200):
        for percent in (7, 29, 55, 57, 58, 68, 90, 95):
            assert conformal_rank(n, percent / 100) == -(-(n + 1) * percent // 100)


@pytest.mark.parametrize(("n", "coverage"), [(4, 0.6), (9, 0.68), (19, 0.95)])
def test_coverage_of_few_scores_is_k_of_n_plus_1(n, coverage):
    trials = 20_000
    scores = np.random.default_rng(1).exponential(size=(trials, n + 1))
    covered = np.array([row[-1] <= conformal_quantile(row[:-1], coverage) for row in scores])
    expected = conformal_rank(n, coverage) / (n + 1)
    assert expected >= coverage
    error = math.sqrt(expected * (1 - expected) / trials)
    assert covered.mean() == pytest.approx(expected, abs=4 * error)


def test_too_few_scores_bound_nothing():
    assert conformal_quantile(np.arange(2.0), 0.68) == math.inf
    with pytest.raises(DataError, match=r"got 2; expected enough for a coverage of 0\.68.*wider bins"):
        calibrate_sigma(np.ones(2), np.ones(2), np.ones(2))


@pytest.mark.parametrize("coverage", [0.5, 0.68, 0.95])
@pytest.mark.parametrize("wrong", [0.2, 1.0, 7.0])
def test_a_wrong_sigma_is_put_right(coverage, wrong):
    true, predicted, sigma = toy(1)
    calibrated = calibrate_sigma(true, predicted, wrong * sigma, coverage=coverage)
    true, predicted, sigma = toy(2)
    intervals = calibrated.around(predicted, wrong * sigma)
    assert_covers(true, intervals, coverage)
    # The score tells by how much sigma was wrong: it is the Gaussian one over the factor.
    gaussian = stats.norm.ppf(0.5 + 0.5 * coverage)
    error = math.sqrt(coverage * (1 - coverage) / N) / (2 * stats.norm.pdf(gaussian)) / gaussian
    assert calibrated.scores[0] * wrong == pytest.approx(gaussian, rel=4 * error)


@pytest.mark.parametrize("coverage", [0.5, 0.68, 0.95])
def test_quantiles_too_narrow_or_too_wide_are_put_right(coverage):
    for factor in (0.1, 1.0, 5.0):
        true, predicted, sigma = toy(1)
        calibrated = calibrate_quantiles(
            true, predicted - 0.5 * factor * sigma, predicted + factor * sigma, predicted, coverage=coverage
        )
        true, predicted, sigma = toy(2)
        intervals = calibrated.between(
            predicted - 0.5 * factor * sigma, predicted + factor * sigma, predicted
        )
        assert (intervals.low_mev <= intervals.high_mev).all()
        assert_covers_at_least(true, intervals, coverage) if factor == 5.0 else assert_covers(
            true, intervals, coverage
        )


def assert_covers_at_least(true, intervals, coverage):
    """Ends that crossed were moved to their middle, which may cover more."""
    inside = (true >= intervals.low_mev) & (true <= intervals.high_mev)
    assert inside.mean() > coverage - 4 * math.sqrt(2 * coverage * (1 - coverage) / N)


def test_bins_of_predicted_energy_cover_each_by_itself():
    """A sigma whose error grows with energy: right over all, wrong in each bin, unless calibrated in bins."""
    edges = (2_500.0, 5_000.0, 7_500.0)
    true, predicted, sigma = toy(1)
    wrong = sigma * np.exp(predicted / 5_000.0)
    at_once = calibrate_sigma(true, predicted, wrong)
    in_bins = calibrate_sigma(true, predicted, wrong, inner_edges_mev=edges)
    assert sum(in_bins.events) == N
    true, predicted, sigma = toy(2)
    wrong = sigma * np.exp(predicted / 5_000.0)
    place = np.searchsorted(edges, predicted, side="right")
    off = []
    for number in range(4):
        chosen = place == number
        part = true[chosen], predicted[chosen], wrong[chosen]
        assert_covers(part[0], in_bins.around(*part[1:]), 0.68, in_bins.events[number])
        low, high = at_once.around(*part[1:])
        off.append(((part[0] >= low) & (part[0] <= high)).mean())
    assert min(off) < 0.6 < 0.8 < max(off)


def test_crossing_ends_meet_in_the_middle():
    intervals = ConformalIntervals("quantiles", 0.5, (), (-2.0,), (10,))
    low, high = intervals.between(np.array([1.0, 0.0]), np.array([4.0, 9.0]), np.zeros(2))
    assert low.tolist() == [2.5, 2.0]
    assert high.tolist() == [2.5, 7.0]


def test_kept_as_json():
    intervals = ConformalIntervals("sigma", 0.68, (1000.0,), (1.0, 1.25), (10, 20))
    assert ConformalIntervals.from_dict(json.loads(json.dumps(intervals.to_dict()))) == intervals


@pytest.mark.parametrize(
    "change",
    [{"form": "other"}, {"scores": [1.0]}, {"scores": [1.0, math.inf]}, {"events": "x"}, {"coverage": None}],
)
def test_damaged_json(change):
    values = ConformalIntervals("sigma", 0.68, (1000.0,), (1.0, 1.25), (10, 20)).to_dict() | change
    with pytest.raises(CheckpointError, match="conformal intervals"):
        ConformalIntervals.from_dict(values)
    del values["coverage"]
    with pytest.raises(CheckpointError):
        ConformalIntervals.from_dict(values)


def test_wrong_input():
    one, ten = np.ones(1), np.arange(10.0)
    with pytest.raises(ConfigurationError, match="coverage"):
        calibrate_sigma(ten, ten, ten + 1.0, coverage=68.0)
    with pytest.raises(DataError, match="sigma_mev"):
        calibrate_sigma(ten, ten, ten)
    with pytest.raises(DataError, match="finite"):
        calibrate_sigma(ten * np.nan, ten, ten + 1.0)
    with pytest.raises(ConfigurationError, match="rising"):
        calibrate_sigma(ten, ten, ten + 1.0, inner_edges_mev=(5.0, 3.0))
    calibrated = calibrate_sigma(ten, ten, ten + 1.0)
    with pytest.raises(DataError, match="form 'sigma'; expected form 'quantiles'"):
        calibrated.between(one, one, one)
