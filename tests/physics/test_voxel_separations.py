"""Separation powers and equivalent sample sizes of showers on voxels against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.evaluate.distances import expected_separation, separation_power
from showerkit.evaluate.equivalent_size import equivalent_size, separation_from_truth
from showerkit.evaluate.voxels.histograms import BLOCKS, VoxelHistogram, block_counts, blocks_of
from showerkit.evaluate.voxels.separations import separations

EDGES = np.linspace(0.0, 1.0, 21)
HISTOGRAM = VoxelHistogram("sparsity_0", "sparsity", 0, None, EDGES)


def filled(values):
    return {"sparsity_0": block_counts(values, blocks_of(len(values)), EDGES)}


def separation(one, two):
    return separations([HISTOGRAM], filled(one), filled(two), replicas=50, seed=1)


def test_identical_samples_and_disjoint_ones():
    values = np.random.default_rng(1).random(1000)
    assert separation(values, values).each["sparsity_0"].value == 0.0
    assert separation(values * 0.49, 0.51 + values * 0.49).each["sparsity_0"].value == pytest.approx(1.0)


def test_blocks_hold_what_one_histogram_does():
    values = np.concatenate([np.random.default_rng(2).normal(0.5, 0.4, 5000), EDGES])
    counts = block_counts(values, blocks_of(len(values)), EDGES)
    assert counts.shape == (BLOCKS, 20)
    assert np.array_equal(counts.sum(axis=0), np.histogram(values, EDGES)[0])


def test_samples_of_one_law_have_what_statistics_gives():
    n, trials = 2000, 60
    random = np.random.default_rng(3)
    found = [separation(*random.random((2, n))).each["sparsity_0"] for _ in range(trials)]
    values = np.array([one.value for one in found])
    expected = expected_separation(20, n, n)
    assert found[0].expected == pytest.approx(expected)
    # 2 n S follows chi-square of 19 degrees: its relative spread is sqrt(2 / 19).
    spread = expected * np.sqrt(2.0 / 19.0)
    assert abs(values.mean() - expected) < 4.0 * spread / np.sqrt(trials)
    # For equal laws the larger of two noisy variances is stated: cautious, up to twice the spread.
    assert 0.85 * spread < np.mean([one.error for one in found]) < 2.0 * spread


def test_errors_of_different_laws():
    n, trials = 1000, 40
    random = np.random.default_rng(4)
    found = [separation(random.random(n), random.beta(1.0, 1.4, n)).each["sparsity_0"] for _ in range(trials)]
    spread = np.std([one.value for one in found], ddof=1)
    # Spread of 40 trials is known to 11 %, the mean of their bootstrap errors to 3 %.
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.35)


@pytest.mark.parametrize("bins", [2, 11, 101])
def test_separation_of_n_showers_from_the_truth(bins):
    shares = np.random.default_rng(5).dirichlet(np.full(bins, 5.0))
    n, trials = 500 * bins, 400
    made = np.random.default_rng(6).multinomial(n, shares, trials) / n
    values = separation_power(made, shares)
    error = values.std(ddof=1) / np.sqrt(trials)
    assert abs(values.mean() - separation_from_truth(shares, n)) < 4.0 * error
    assert separation_from_truth(shares, 1e9) == pytest.approx((bins - 1) / 4e9, rel=1e-2)


def test_separation_from_the_truth_where_bins_are_nearly_empty():
    shares = np.array([0.9] + [0.1 / 400] * 400)
    n, trials = 1000, 2000
    made = np.random.default_rng(7).multinomial(n, shares, trials) / n
    values = separation_power(made, shares)
    error = values.std(ddof=1) / np.sqrt(trials)
    assert abs(values.mean() - separation_from_truth(shares, n)) < 4.0 * error + 1e-3 * values.mean()


def test_a_known_deviation_has_the_closed_form():
    """B bins of share 1/B, half of them raised by d: S = d^2 / 2 / (2 + ...) and n = (B - 1) / (4 S)."""
    bins, d, n = 20, 0.1, 10**9
    true = np.full(bins, 1.0 / bins)
    made = true * (1.0 + d * (-1.0) ** np.arange(bins))
    power = float(separation_power(true, made))
    assert power == pytest.approx(d**2 / 4.0 * (0.5 / (1 + d / 2) + 0.5 / (1 - d / 2)))
    found = equivalent_size([true * n], [made * n], 0.0)
    assert found.showers == pytest.approx((bins - 1) / (4.0 * power), rel=0.02)


def test_a_generator_that_repeats_n_showers_is_worth_n():
    random = np.random.default_rng(8)
    n, bins, trials = 5000, 20, 60
    shares = random.dirichlet(np.full(bins, 5.0))
    learnt = random.multinomial(n, shares, trials)
    repeated = np.array([random.multinomial(10**6, row / n) for row in learnt]).astype(float)
    true = random.multinomial(10**6, shares, trials).astype(float)
    found = equivalent_size(list(true), list(repeated), 0.0)
    # Sum of `trials` separations, each chi-square of 19 degrees.
    assert found.showers == pytest.approx(n, rel=4.0 * np.sqrt(2.0 / (19.0 * trials)) + 0.02)


def test_no_deviation_gives_a_lower_limit_alone():
    counts = np.full(10, 1000.0)
    found = equivalent_size([counts], [counts], 1e-3)
    assert found.showers == np.inf
    assert 0.0 < found.at_least < np.inf
