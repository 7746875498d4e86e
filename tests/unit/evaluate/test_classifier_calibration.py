import numpy as np
import pytest

from showerkit.evaluate.calibration import isotonic_probability, jensen_shannon_divergence


def test_probabilities_never_fall_with_the_score():
    random = np.random.default_rng(1)
    scores = random.normal(size=400)
    label = (random.random(400) < 1 / (1 + np.exp(-scores))).astype(float)
    grid = np.linspace(-5, 5, 101)
    probability = isotonic_probability(scores, label, np.ones(400), grid)
    assert (np.diff(probability) >= 0).all()
    assert 0 < probability[0] < probability[-1] < 1


def test_equal_scores_share_one_probability_by_the_rule_of_succession():
    scores = np.zeros(10)
    label = np.repeat([0.0, 1.0], [7, 3])
    assert isotonic_probability(scores, label, np.ones(10), np.array([0.0]))[0] == pytest.approx(4 / 12)


def test_few_showers_prove_no_certainty():
    # Three of one kind at the lowest scores, then a fair mixture.
    scores = np.concatenate([[0.0, 0.1, 0.2], np.linspace(1, 2, 400)])
    label = np.concatenate([[0.0, 0.0, 0.0], np.tile([1.0, 0.0], 200)])
    assert isotonic_probability(scores, label, np.ones(403), np.array([-1.0]))[0] == pytest.approx(1 / 5)


def test_weights_move_the_probability():
    label = np.tile([0.0, 1.0], 10)
    found = isotonic_probability(np.zeros(20), label, np.tile([1.0, 3.0], 10), np.array([0.0]))
    assert found[0] == pytest.approx((0.75 * 20 + 1) / 22)


def test_divergence_of_a_coin_flip_is_zero():
    label = np.tile([0.0, 1.0], 200)
    assert jensen_shannon_divergence(np.zeros(400), label, np.zeros(400), label)[0] == pytest.approx(0.0)


def test_divergence_of_two_partly_overlapping_laws():
    # Scores in {0, 1, 2}: reference on {1, 2}, candidate on {0, 1}, half each: JSD = 1/2 bit exactly.
    scores = np.tile([2.0, 1.0, 1.0, 0.0], 50_000)
    label = np.tile([1.0, 1.0, 0.0, 0.0], 50_000)
    divergence, error = jensen_shannon_divergence(scores, label, scores, label)
    assert divergence == pytest.approx(0.5, abs=1e-3)
    assert error < 1e-2
