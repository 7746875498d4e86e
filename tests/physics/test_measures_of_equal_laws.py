"""Two samples of one law: every measure must say so, and its error must be that of repeated samples."""

import numpy as np
import pytest

from showerkit.evaluate.classifier import classifier_auc
from showerkit.evaluate.classifier_network import ClassifierConfig
from showerkit.evaluate.frechet import frechet_physics_distance
from showerkit.evaluate.hit_chi2 import hit_chi2
from showerkit.evaluate.kernel_distance import kernel_physics_distance
from showerkit.evaluate.nearest_neighbour import nearest_neighbour_test
from showerkit.evaluate.precision_recall import expected_coverage, precision_recall


def mean_and_error(values):
    values = np.asarray(values)
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def test_classifier_cannot_tell():
    config = ClassifierConfig(hidden_width=32, epochs=10, learning_rate=2e-3, batch_size=200, device="cpu")
    random = np.random.default_rng(1)
    result = classifier_auc(random.normal(size=(3000, 4)), random.normal(size=(3000, 4)), config=config)
    assert abs(result.value - 0.5) < 4 * result.error
    # Mann-Whitney: the variance of the area for equal laws is (n + m + 1) / (12 n m).
    assert result.auc_errors[0] == pytest.approx(np.sqrt(1201 / (12 * 600 * 600)), rel=0.05)
    assert abs(result.jsd) < 0.05


def test_classifier_does_not_learn_which_pair_a_shower_belongs_to():
    # Both samples share their incident particles; a network that learnt the training part by heart would
    # answer for a partner in the test part, below 1/2, were pairs not kept together.
    random = np.random.default_rng(2)
    incident = random.normal(size=(400, 6))
    a, b = (np.concatenate([incident, random.normal(size=(400, 1))], axis=1) for _ in range(2))
    config = ClassifierConfig(hidden_width=128, epochs=40, learning_rate=5e-3, batch_size=100, device="cpu")
    result = classifier_auc(a, b, config=config)
    assert abs(result.value - 0.5) < 4 * result.error


def test_distances_vanish_without_bias():
    frechet, kernel, naive = [], [], []
    for seed in range(30):
        random = np.random.default_rng(seed)
        a, b = random.normal(size=(1000, 4)), random.normal(size=(1000, 4))
        fpd = frechet_physics_distance(a, b, scale="none", seed=seed)
        kpd = kernel_physics_distance(a, b, scale="none", seed=seed)
        frechet.append((fpd.value, fpd.error))
        naive.append(fpd.finite_sample)
        kernel.append((kpd.value, kpd.error))
    for found in (frechet, kernel):
        values, errors = np.array(found).T
        mean, error = mean_and_error(values)
        assert abs(mean) < 4 * error
        # Never too small; the spread of 30 values is known to 13 %.
        assert values.std(ddof=1) * (1 - 4 * 0.13) < errors.mean() < 2.5 * values.std(ddof=1)
    # Without extrapolation the distance is far from zero, so the test above tests something.
    mean, error = mean_and_error(naive)
    assert mean > 10 * error


@pytest.mark.parametrize("features", [2, 8])
def test_density_and_coverage_have_known_means(features):
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        result = precision_recall(random.normal(size=(300, features)), random.normal(size=(200, features)))
        found.append((result.density.value, result.coverage.value, result.precision.value))
    for values, expected in zip(np.array(found).T, (1.0, expected_coverage(300, 200)), strict=False):
        mean, error = mean_and_error(values)
        assert abs(mean - expected) < 4 * error


def test_nearest_neighbour_p_values_are_honest():
    small = 0
    ratios, shares, trials = [], [], 100
    for seed in range(trials):
        training, made, held_out = np.random.default_rng(seed).normal(size=(3, 200, 3))
        result = nearest_neighbour_test(training, made, held_out, quantile=0.2, seed=seed)
        small += result.near_p_value < 0.1
        ratios.append(result.value)
        shares.append(result.training_share)
    # At most 10 % of honest trials fall below 0.1 (fewer, the law being discrete).
    assert small < 0.1 * trials + 4 * np.sqrt(0.1 * 0.9 * trials)
    for values, expected in ((ratios, 1.0), (shares, 0.5)):
        mean, error = mean_and_error(values)
        assert abs(mean - expected) < 4 * error


@pytest.mark.parametrize("paired", [False, True])
def test_chi2_of_hits_is_one_with_correlated_cells_of_few_counts(paired):
    found = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        probability = random.uniform(0, 0.3, 40) ** 2
        energy = random.uniform(0, 200, 400)

        def hits(random=random, probability=probability):
            common = np.exp(0.5 * random.normal(size=(400, 1)))
            return random.random((400, 40)) < probability * common

        chi2 = hit_chi2(hits(), hits(), energy, energy, [0.0, 100.0, 200.0], paired=paired, least_expected=1)
        found.append((chi2.value, chi2.error))
    values, errors = np.array(found).T
    mean, error = mean_and_error(values)
    assert abs(mean - 1) < 4 * error
    # The spread of 60 values is known to 9 %.
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=4 * 0.092)
