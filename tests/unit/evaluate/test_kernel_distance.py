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


def test_showers_of_one_incident_particle_are_no_pair():
    random = np.random.default_rng(6)
    shared = random.normal(size=(100, 60, 1))
    values = [
        kernel_physics_distance(
            *(np.concatenate([particles, particles + random.normal(size=(60, 1))], axis=1) for _ in range(2)),
            scale="none",
            paired=True,
        ).value
        for particles in shared
    ]
    # Unbiased over 100 draws of incident particles, with few showers each.
    assert abs(np.mean(values)) < 4.0 * np.std(values, ddof=1) / np.sqrt(len(values))
    with pytest.raises(DataError, match="paired"):
        kernel_physics_distance(np.zeros((50, 1)), np.zeros((60, 1)), paired=True)


def test_a_paired_distance_is_the_estimate_without_own_pairs():
    random = np.random.default_rng(7)
    a, b = random.normal(size=(2, 60, 2))
    kernel = (a @ b.T / 2.0 + 1.0) ** 4
    across = (kernel.sum() - np.trace(kernel)) / (60 * 59)
    found = kernel_physics_distance(a, b, scale="none", paired=True)
    assert found.value == pytest.approx(direct(a, b) + 2 * kernel.mean() - 2 * across)


def test_too_few_showers_are_refused():
    with pytest.raises(DataError, match="at least 40"):
        kernel_physics_distance(np.zeros((39, 1)), np.zeros((50, 1)))
