"""The errors and the floors that an evaluation states, against many repetitions of a known truth."""

import numpy as np
import pytest

from showerkit.evaluate.bootstrap import BootstrapWeights, binned_sums, quadratic_error, replica_error
from showerkit.evaluate.distances import expected_separation, separation_noise, separation_power
from showerkit.evaluate.histograms import histogram_replicas
from showerkit.evaluate.hit_probability import CellMeans, hit_probability_distance
from showerkit.evaluate.response import response_curve

REPETITIONS = 100


def test_pull_of_a_bootstrapped_mean_is_one():
    random = np.random.default_rng(1)
    pulls = []
    for repetition in range(REPETITIONS):
        values = random.exponential(2.0, 400)
        weights = BootstrapWeights(repetition, 100).rows(0, 400)
        bins = np.zeros(400, dtype=np.int64)
        mean = binned_sums(bins, 1, weights, values)[:, 0] / binned_sums(bins, 1, weights)[:, 0]
        pulls.append((mean[0] - 2.0) / replica_error(mean))
    # The spread of n pulls of width 1 has the error 1/sqrt(2 n), and each error itself one of 7 %.
    assert np.std(pulls) == pytest.approx(1.0, abs=4.0 / np.sqrt(2 * REPETITIONS))
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(REPETITIONS)


def _hit_distances(shift, repetitions, events=60, cells=50, bins=10):
    random = np.random.default_rng(2)
    p = random.uniform(0.05, 0.95, (bins, cells))
    q = np.clip(p + shift, 0.0, 1.0)
    edges = np.arange(bins + 1) * 100.0
    found = []
    for repetition in range(repetitions):
        samples = []
        for number, truth in enumerate((p, q)):
            index = np.repeat(np.arange(bins), events)
            hits = (random.random((len(index), cells)) < truth[index]).astype(np.float32)
            means = CellMeans(bins, cells, 60)
            # Different rows for the two samples: independent events.
            rows = BootstrapWeights(repetition, 60).rows(number * 5000, number * 5000 + len(index))
            means.add(index, rows, hits)
            samples.append(means)
        found.append(hit_probability_distance(*samples, edges))
    return p, q, found


def test_floor_of_equal_samples_is_the_binomial_one():
    p, _, found = _hit_distances(0.0, 40)
    measured = np.array([distance.mean for distance in found])
    truth = (p * (1 - p)).mean() * 2.0 / 60.0
    assert measured.mean() == pytest.approx(truth, abs=4.0 * measured.std() / np.sqrt(len(found)))
    stated = np.array([distance.mean_expected for distance in found])
    assert stated.mean() == pytest.approx(truth, abs=4.0 * stated.std() / np.sqrt(len(found)))


@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_error_of_the_mean_squared_error_is_its_spread(shift):
    repetitions = 60
    _, _, found = _hit_distances(shift, repetitions)
    spread = np.std([distance.mean for distance in found], ddof=1)
    stated = np.sqrt(np.mean([distance.mean_error**2 for distance in found]))
    # A spread of n values has the relative error 1/sqrt(2 n) = 9 %; 60 replicas give as much once per value.
    assert stated == pytest.approx(spread, rel=4.0 / np.sqrt(2 * repetitions))


def test_separation_of_equal_samples_is_what_statistics_gives():
    random = np.random.default_rng(3)
    edges = np.linspace(-3.0, 3.0, 31)
    values, errors = [], []
    for repetition in range(REPETITIONS):
        weights = BootstrapWeights(repetition, 60)
        h1 = histogram_replicas(random.normal(size=3000), weights.rows(0, 3000), edges)
        h2 = histogram_replicas(random.normal(size=2000), weights.rows(5000, 7000), edges)
        separation = separation_power(h1, h2)
        values.append(separation[0])
        errors.append(float(quadratic_error(separation, separation_noise(h1, h2))))
    expected = expected_separation(32, 3000, 2000)
    # The formula is of leading order: the tails hold few events, so allow for 5 % besides statistics.
    tolerance = 4.0 * np.std(values) / np.sqrt(REPETITIONS) + 0.05 * expected
    assert np.mean(values) == pytest.approx(expected, abs=tolerance)
    stated = np.sqrt(np.mean(np.square(errors)))
    assert stated == pytest.approx(np.std(values), rel=4.0 / np.sqrt(2 * REPETITIONS))


def test_response_and_resolution_of_a_gaussian_calorimeter():
    random = np.random.default_rng(4)
    n, mean, width = 20_000, 0.85, 0.05
    incident = random.uniform(0.0, 20_000.0, n)
    response = random.normal(mean, width, n)
    weights = BootstrapWeights(1, 100).rows(0, n)
    curve = response_curve(incident, response, weights, np.linspace(0.0, 20_000.0, 11))
    pull = (curve.response[0] - mean) / replica_error(curve.response)
    assert np.abs(pull).max() < 5.0
    pull = (curve.resolution[0] - width / mean) / replica_error(curve.resolution)
    assert np.abs(pull).max() < 5.0
    per_bin = n / 10
    assert replica_error(curve.response).mean() == pytest.approx(width / np.sqrt(per_bin), rel=0.15)
    assert replica_error(curve.resolution).mean() == pytest.approx(
        width / mean / np.sqrt(2 * per_bin), rel=0.15
    )


def test_pairs_share_their_fluctuations():
    random = np.random.default_rng(5)
    common = random.normal(size=2000)
    first, second = common + 0.1 * random.normal(size=2000), common + 0.1 * random.normal(size=2000)
    weights = BootstrapWeights(1, 200).rows(0, 2000)
    bins = np.zeros(2000, dtype=np.int64)
    events = binned_sums(bins, 1, weights)[:, 0]
    difference = (binned_sums(bins, 1, weights, first) - binned_sums(bins, 1, weights, second))[:, 0] / events
    error = replica_error(difference)
    # Without the pairing it would be sqrt(2 / 2000) = 0.032.
    assert error == pytest.approx(0.1 * np.sqrt(2.0 / 2000), rel=4.0 / np.sqrt(2 * 200))
