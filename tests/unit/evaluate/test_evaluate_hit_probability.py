import numpy as np
import pytest

from showerkit.errors import ConfigurationError
from showerkit.evaluate.bootstrap import BootstrapWeights
from showerkit.evaluate.hit_probability import (
    CellMeans,
    affordable_replicas,
    energy_bin,
    energy_bin_edges,
    hit_probability_distance,
)

EDGES = np.array([0.0, 100.0, 200.0, 300.0])


def test_every_energy_of_the_range_has_a_bin():
    energies = np.array([0.0, 99.99, 100.0, 300.0, 300.1, -1.0])
    assert energy_bin(energies, EDGES).tolist() == [0, 0, 1, 2, -1, -1]


def test_one_energy_makes_one_bin():
    assert energy_bin_edges(1000.0, 1000.0, 100.0).tolist() == [1000.0, 1100.0]


def test_too_many_bins_are_refused():
    with pytest.raises(ConfigurationError, match="choose wider bins"):
        energy_bin_edges(0.0, 1e9, 1.0)
    with pytest.raises(ConfigurationError, match="no energy is above 20000 MeV"):
        energy_bin_edges(0.0, 20e3, 2e6)
    assert energy_bin_edges(1.0, 50.0, 100.0).tolist() == [0.0, 100.0]


def test_probability_is_the_mean_whatever_the_batches():
    random = np.random.default_rng(1)
    hits = (random.random((50, 6)) < 0.3).astype(np.float32)
    bins = random.integers(-1, 3, 50)
    weights = BootstrapWeights(1, 4).rows(0, 50)
    means = CellMeans(3, 6, 4)
    for piece in (slice(0, 17), slice(17, 50)):
        means.add(bins[piece], weights[piece], hits[piece])
    for b in range(3):
        np.testing.assert_allclose(means.probability()[b], hits[bins == b].mean(axis=0), rtol=1e-6)
    w = weights[bins == 1, 2].astype(float)
    np.testing.assert_allclose(means.probability(2)[1], w @ hits[bins == 1] / w.sum(), rtol=1e-6)


def test_distance_is_the_mean_square_and_the_worst_bin_is_found():
    one, two = CellMeans(3, 4, 10), CellMeans(3, 4, 10)
    weights = np.ones((2, 11), dtype=np.uint8)
    for b, hit in enumerate((0.0, 1.0, 0.0)):
        one.add(np.full(2, b), weights, np.zeros((2, 4), np.float32))
        two.add(np.full(2, b), weights, np.tile(np.float32([hit, 0, 0, 0]), (2, 1)))
    distance = hit_probability_distance(one, two, EDGES)
    np.testing.assert_allclose(distance.mse, [0.0, 0.25, 0.0])
    assert distance.mean == pytest.approx(0.25 / 3.0)
    assert distance.worst == 0.25
    assert distance.worst_energy_mev == 150.0


def test_bins_of_one_sample_only_are_left_out():
    one, two = CellMeans(3, 4, 10), CellMeans(3, 4, 10)
    weights = np.ones((2, 11), dtype=np.uint8)
    one.add(np.zeros(2, dtype=int), weights, np.ones((2, 4), np.float32))
    two.add(np.ones(2, dtype=int), weights, np.ones((2, 4), np.float32))
    distance = hit_probability_distance(one, two, EDGES)
    assert np.isnan(distance.mse).all()
    assert np.isnan(distance.mean)


def test_replicas_yield_to_memory_but_not_below_ten():
    assert affordable_replicas(100, 200, 400) == 100
    assert affordable_replicas(100, 200, 10_000) == 19
    assert affordable_replicas(100, 5000, 100_000) == 10
