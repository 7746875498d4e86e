"""Wasserstein distances over batches: a shift, copies of batches, masks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from showerkit.errors import DataError
from showerkit.evaluate.jets.batches import drawn_pair, multiplicities
from showerkit.evaluate.jets.wasserstein import jet_wasserstein, particle_wasserstein


def test_counts_are_those_of_the_draws():
    one, two = multiplicities(7, 9, [30, 40], np.random.default_rng(1))
    random = np.random.default_rng(1)
    for batch, size in enumerate((30, 40)):
        drawn = drawn_pair(7, 9, size, random)
        assert one[batch].tolist() == np.bincount(drawn[0], minlength=7).tolist()
        assert two[batch].tolist() == np.bincount(drawn[1], minlength=9).tolist()


def test_a_large_shift_is_the_distance():
    # Samples that do not overlap: the distance is the difference of the batches' means.
    random = np.random.default_rng(1)
    mass = random.normal(size=4000)
    found = jet_wasserstein(mass, mass + 100.0, features=("mass",), batch_jets=4000, batches=20)
    spread = np.sqrt(2 / 4000) * mass.std()
    assert found.value == pytest.approx(100.0, abs=5 * spread / np.sqrt(20))
    assert found.error == pytest.approx(spread, rel=5 / np.sqrt(2 * 20))


def test_against_scipy_on_copied_batches():
    random = np.random.default_rng(1)
    one, two = random.normal(size=(500, 3)), random.normal(0.1, 1.2, size=(400, 3))
    found = jet_wasserstein(
        one, two, features=("a", "b", "c"), batch_jets=300, batches=4, random=np.random.default_rng(2)
    )
    random = np.random.default_rng(2)
    values = []
    for _ in range(4):
        rows, columns = drawn_pair(500, 400, 300, random)
        values.append([wasserstein_distance(one[rows, i], two[columns, i]) for i in range(3)])
    np.testing.assert_allclose(found.values, np.mean(values, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.errors, np.std(values, axis=0), rtol=1e-12)
    assert found.value == pytest.approx(np.mean(values))
    assert found.error == pytest.approx(np.mean(values, axis=1).std())


def test_particles_count_alike_whatever_their_jets():
    random = np.random.default_rng(3)
    clouds = [random.normal(size=(300, 6, 3)), random.normal(0.2, 1.0, size=(200, 4, 3))]
    masks = [random.random(cloud.shape[:2]) < 0.6 for cloud in clouds]
    found = particle_wasserstein(*clouds, *masks, batch_jets=250, batches=3, random=np.random.default_rng(4))
    random = np.random.default_rng(4)
    values = []
    for _ in range(3):
        rows, columns = drawn_pair(300, 200, 250, random)
        one, two = clouds[0][rows][masks[0][rows]], clouds[1][columns][masks[1][columns]]
        values.append([wasserstein_distance(one[:, i], two[:, i]) for i in range(3)])
    np.testing.assert_allclose(found.values, np.mean(values, axis=0), rtol=1e-12)
    garbage = [np.where(mask[..., None], cloud, 1e6) for cloud, mask in zip(clouds, masks, strict=True)]
    again = particle_wasserstein(*garbage, *masks, batch_jets=250, batches=3, random=np.random.default_rng(4))
    assert again == found


def test_same_seed_same_values():
    one, two = np.random.default_rng(1).normal(size=(2, 300))
    settings = {"features": ("x",), "batch_jets": 300}
    assert jet_wasserstein(one, two, seed=5, **settings) == jet_wasserstein(one, two, seed=5, **settings)
    assert jet_wasserstein(one, two, seed=5, **settings) != jet_wasserstein(one, two, seed=6, **settings)


def test_bad_samples():
    with pytest.raises(DataError, match="names"):
        jet_wasserstein([1.0, 2.0], [1.0, 2.0], features=("a", "b"))
    mask = np.zeros((2, 2), dtype=bool)
    with pytest.raises(DataError, match="no particle"):
        particle_wasserstein(np.zeros((2, 2, 3)), np.zeros((2, 2, 3)), mask, mask)
    with pytest.raises(DataError, match="shape"):
        particle_wasserstein(np.zeros((2, 3)), np.zeros((2, 2, 3)), mask, mask)
    bad = np.full((2, 2, 3), np.nan)
    with pytest.raises(DataError, match="NaN"):
        particle_wasserstein(bad, bad, ~mask, ~mask)
