import numpy as np
import pytest

from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.nearest_neighbour import nearest_neighbour_test


@pytest.fixture
def showers():
    return np.random.default_rng(7).normal(size=(4, 1500, 5))


def test_planted_copies_are_caught(showers):
    training, held_out, fresh, _ = showers
    copied = np.concatenate([training[:75], fresh[:1425]])
    result = nearest_neighbour_test(training, copied, held_out)
    assert result.near_p_value < 1e-6
    assert result.near_share == pytest.approx(0.06, abs=0.02)
    assert result.memorised()


def test_blurred_copies_are_caught(showers):
    training, held_out, _, noise = showers
    result = nearest_neighbour_test(training, training + 0.05 * noise, held_out)
    assert result.value < 0.5
    assert result.training_share > 0.9
    assert result.memorised()


def test_honest_showers_pass(showers):
    training, held_out, fresh, _ = showers
    result = nearest_neighbour_test(training, fresh, held_out)
    assert abs(result.value - 1) < 5 * result.error
    assert min(result.near_p_value, result.training_p_value) > 1e-3
    assert not result.memorised()


def test_too_regular_showers_are_near_but_not_memorised(showers):
    training, held_out, fresh, _ = showers
    result = nearest_neighbour_test(training, 0.3 * fresh, held_out)
    assert result.near_p_value < 1e-6
    assert abs(result.training_share - result.expected_training_share) < 4 * result.training_share_error
    assert not result.memorised()


def test_empty_showers_are_no_copies(showers):
    training, held_out, fresh, _ = (np.concatenate([np.zeros((300, 5)), part]) for part in showers)
    result = nearest_neighbour_test(training, fresh, held_out)
    assert not result.memorised()
    assert result.near_distance == 0.0
    assert result.near_share == 0.0
    assert np.isnan(result.training_share)


def test_distances_do_not_depend_on_a_shift(showers):
    training, held_out, fresh, _ = showers
    near, far = (nearest_neighbour_test(training + s, fresh + s, held_out + s) for s in (0.0, 100.0))
    assert far.value == pytest.approx(near.value)
    assert far.near_p_value == near.near_p_value


def test_no_more_showers_than_asked_for(showers):
    result = nearest_neighbour_test(*showers[:3], max_showers=200)
    assert (result.training_showers, result.generated_showers, result.held_out_showers) == (1500, 200, 200)


def test_bad_input_is_refused(showers):
    training, held_out, fresh, _ = showers
    with pytest.raises(ConfigurationError, match="quantile"):
        nearest_neighbour_test(training, fresh, held_out, quantile=1.0)
    with pytest.raises(ConfigurationError, match="max_showers"):
        nearest_neighbour_test(training, fresh, held_out, max_showers=1)
    with pytest.raises(DataError, match="4 features"):
        nearest_neighbour_test(training, fresh[:, :4], held_out)
    with pytest.raises(DataError, match="generated"):
        nearest_neighbour_test(training, np.full((5, 5), np.inf), held_out)
