import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.evaluate.kernel_distance import kernel_physics_distance


def direct(a, b):
    """The definition, with all pairs written out."""

    def kernel(x, y):
        return (x @ y.T / x.shape[1] + 1.0) ** 4

    def others(x):
        values = kernel(x, x)
        n = len(x)
        return (values.sum() - np.trace(values)) / (n * (n - 1))

    return others(a) + others(b) - 2 * kernel(a, b).mean()


def test_it_is_the_unbiased_estimate():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(90, 3)), random.normal(size=(71, 3)) + 0.3
    found = kernel_physics_distance(a, b, scale="none")
    assert found.value == pytest.approx(direct(a, b))
    assert (found.reference_showers, found.candidate_showers) == (90, 71)


def test_the_order_of_showers_does_not_matter():
    random = np.random.default_rng(2)
    a, b = random.normal(size=(60, 2)), random.normal(size=(60, 2))
    assert kernel_physics_distance(a[::-1], b, seed=5).value == pytest.approx(
        kernel_physics_distance(a, b, seed=1).value
    )


def test_normalised_distance_does_not_depend_on_units():
    random = np.random.default_rng(3)
    a, b = random.normal(size=(60, 2)), random.normal(size=(60, 2)) + 1.0
    units = np.array([1e-3, 1e5])
    assert kernel_physics_distance(a * units, b * units).value == pytest.approx(
        kernel_physics_distance(a, b).value
    )


def test_no_more_showers_than_asked_for():
    random = np.random.default_rng(4)
    a = random.normal(size=(500, 2))
    found = kernel_physics_distance(a, a, max_showers=100)
    assert (found.reference_showers, found.candidate_showers) == (100, 100)


def test_too_few_showers_are_refused():
    with pytest.raises(DataError, match="at least 40"):
        kernel_physics_distance(np.zeros((39, 1)), np.zeros((50, 1)))
