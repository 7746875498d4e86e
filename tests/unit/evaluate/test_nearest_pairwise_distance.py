import numpy as np
import pytest

from showerkit.evaluate import pairwise_distance
from showerkit.evaluate.pairwise_distance import (
    kth_neighbour_squared_distance,
    nearest_distance,
    squared_distances,
)


@pytest.fixture
def tables():
    random = np.random.default_rng(1)
    return random.normal(size=(37, 5)) + 100.0, random.normal(size=(23, 5)) + 100.0


def direct(a, b):
    return ((a[:, None] - b) ** 2).sum(axis=2)


@pytest.mark.parametrize("piece", [1, 50, 10_000])
def test_pieces_join_to_the_whole(tables, monkeypatch, piece):
    monkeypatch.setattr(pairwise_distance, "_PIECE", piece)
    found = list(squared_distances(*tables))
    assert all(distance.size <= max(piece, 23) for _, distance in found)
    np.testing.assert_allclose(np.concatenate([d for _, d in found]), direct(*tables), rtol=1e-9)
    assert found[0][0].start == 0
    assert found[-1][0].stop == 37


def test_equal_showers_are_at_exactly_zero(tables):
    distance = next(squared_distances(tables[0], tables[0]))[1]
    assert (np.diagonal(distance) == 0).all()
    assert (distance >= 0).all()


def test_neighbours(tables):
    a, b = tables
    np.testing.assert_allclose(nearest_distance(a, b), np.sqrt(direct(a, b).min(axis=1)), rtol=1e-9)
    expected = np.sort(direct(a, a), axis=1)[:, 3]
    np.testing.assert_allclose(kth_neighbour_squared_distance(a, 3), expected, rtol=1e-9)
