import numpy as np
import pytest

from showerkit.errors import DataError
from showerkit.evaluate.frechet import frechet_physics_distance, gaussian_frechet_distance


def test_equal_gaussians_are_at_zero():
    random = np.random.default_rng(1)
    mixing = random.normal(size=(5, 5))
    mean, covariance = random.normal(size=5), mixing @ mixing.T
    assert gaussian_frechet_distance(mean, covariance, mean, covariance) == pytest.approx(0.0, abs=1e-10)


def test_commuting_covariances():
    first, second = np.diag([1.0, 4.0, 0.0]), np.diag([9.0, 1.0, 4.0])
    expected = 2.0 + (1 - 3) ** 2 + (2 - 1) ** 2 + (0 - 2) ** 2
    assert gaussian_frechet_distance([1, 0, 0], first, [0, 1, 0], second) == pytest.approx(expected)


def test_rotated_together_and_swapped():
    random = np.random.default_rng(2)
    a, b = random.normal(size=(4, 4)), random.normal(size=(4, 4))
    first, second = a @ a.T, b @ b.T
    mean = random.normal(size=4)
    turn, _ = np.linalg.qr(random.normal(size=(4, 4)))
    zero = np.zeros(4)
    distance = gaussian_frechet_distance(mean, first, zero, second)
    turned = gaussian_frechet_distance(turn @ mean, turn @ first @ turn.T, zero, turn @ second @ turn.T)
    assert turned == pytest.approx(distance)
    assert gaussian_frechet_distance(zero, second, mean, first) == pytest.approx(distance)


def test_a_sample_against_itself_has_no_finite_sample_distance():
    table = np.random.default_rng(3).normal(size=(500, 3))
    assert frechet_physics_distance(table, table).finite_sample == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("scale", ["largest", "spread"])
def test_scaled_distance_does_not_depend_on_units(scale):
    random = np.random.default_rng(4)
    a, b = random.normal(size=(600, 3)), random.normal(size=(700, 3)) + 0.2
    units = np.array([1e-3, 1.0, 1e6])
    assert frechet_physics_distance(a * units, b * units, scale=scale).value == pytest.approx(
        frechet_physics_distance(a, b, scale=scale).value, rel=1e-9
    )


def test_scale_by_spread_sees_a_small_shift_about_a_large_mean():
    random = np.random.default_rng(7)
    a, b = random.normal(100, 1, (600, 1)), random.normal(101, 1, (600, 1))
    result = frechet_physics_distance(a, b, scale="spread")
    assert abs(result.value - 1.0) < 5 * result.error
    assert frechet_physics_distance(a, b).value < 1e-3


def test_shared_incident_particles_cancel():
    random = np.random.default_rng(8)
    incident = random.normal(size=(1000, 3))
    a, b = (np.concatenate([incident, random.normal(size=(1000, 1))], axis=1) for _ in range(2))
    shared = frechet_physics_distance(a, b)
    other = frechet_physics_distance(a, np.concatenate([random.normal(size=(1000, 3)), b[:, 3:]], axis=1))
    assert shared.error < 0.7 * other.error
    assert abs(shared.value) < 5 * shared.error


def test_constant_features_do_no_harm():
    random = np.random.default_rng(5)
    a, b = random.normal(size=(600, 2)), random.normal(size=(600, 2)) + 0.5
    plain = frechet_physics_distance(a, b)
    padded = frechet_physics_distance(
        np.column_stack([a, np.full(600, 3.0), np.zeros(600)]),
        np.column_stack([b, np.full(600, 3.0), np.zeros(600)]),
    )
    assert padded.value == pytest.approx(plain.value, abs=1e-6)
    assert padded.error == pytest.approx(plain.error, abs=1e-6)


def test_a_large_offset_loses_no_digits():
    random = np.random.default_rng(6)
    a, b = random.normal(size=(600, 2)), random.normal(size=(600, 2)) + 0.5
    near = frechet_physics_distance(a, b, scale="none")
    far = frechet_physics_distance(a + 1e6, b + 1e6, scale="none")
    assert far.value == pytest.approx(near.value, rel=1e-6)


def test_too_few_showers_are_refused():
    table = np.zeros((39, 2))
    with pytest.raises(DataError, match="at least 40"):
        frechet_physics_distance(table, np.zeros((100, 2)))
