import numpy as np
import pytest

from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.precision_recall import expected_coverage, precision_recall


def test_on_a_line_by_hand():
    # Balls with k = 1 reach 1, 1, 1, 8 for the reference and 1.1, 1.1, 27.5 for the candidate.
    result = precision_recall([0.0, 1.0, 2.0, 10.0], [1.4, 2.5, 30.0], neighbours=1)
    assert result.precision.value == pytest.approx(2 / 3)  # 30 lies in no ball
    assert result.recall.value == pytest.approx(
        3 / 4
    )  # 0 lies in no ball (1 and 2 near, 10 within 27.5 of 30)
    assert result.density.value == pytest.approx((2 + 2 + 0) / 3)  # 1.4 in 1's and 2's; 2.5 in 2's and 10's
    assert result.coverage.value == pytest.approx(3 / 4)  # nothing within 1 of 0


def test_a_sample_against_itself():
    table = np.random.default_rng(1).normal(size=(300, 4))
    result = precision_recall(table, table)
    assert result.precision.value == result.recall.value == result.coverage.value == 1.0
    assert result.precision.error > 0


def test_many_equal_showers():
    # Empty showers all coincide: balls of radius 0 hold them, and no rounding may throw them out.
    random = np.random.default_rng(2)
    table = np.concatenate([np.zeros((50, 6)), random.normal(size=(50, 6)) + 1e3])
    result = precision_recall(table, table[:60])
    assert result.precision.value == 1.0
    assert result.coverage.value > 0.5


def test_far_samples_share_nothing():
    random = np.random.default_rng(3)
    result = precision_recall(random.normal(size=(100, 2)), random.normal(size=(100, 2)) + 1e3)
    assert result.precision.value == result.recall.value == result.density.value == result.coverage.value == 0


def test_a_collapsed_generator_is_precise_and_forgets():
    random = np.random.default_rng(4)
    everything = random.normal(size=(1000, 2))
    middle = 0.1 * random.normal(size=(1000, 2))
    result = precision_recall(everything, middle)
    assert result.precision.value > 0.95
    assert result.recall.value < 0.3


def test_no_more_showers_than_asked_for_and_reproducible():
    table = np.random.default_rng(5).normal(size=(400, 2))
    first = precision_recall(table, table + 0.1, max_showers=100, seed=3)
    assert first == precision_recall(table, table + 0.1, max_showers=100, seed=3)
    assert (first.reference_showers, first.candidate_showers) == (100, 100)


def test_expected_coverage_of_one_neighbour():
    # The nearest of N - 1 + M others is a candidate with probability M / (N + M - 1).
    assert expected_coverage(10, 6, neighbours=1) == pytest.approx(6 / 15)


def test_bad_input_is_refused():
    table = np.zeros((5, 2))
    with pytest.raises(DataError, match="at least 6"):
        precision_recall(table, table)
    with pytest.raises(ConfigurationError, match="neighbours"):
        precision_recall(table, table, neighbours=0)
    with pytest.raises(ConfigurationError, match="max_showers"):
        precision_recall(table, table, neighbours=3, max_showers=3)
