"""Features of showers on voxels against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.evaluate.voxels.observables import ObservableMaker, calochallenge_features
from showerkit.geometry.voxels import VoxelGeometry, voxel_positions

GEOMETRY = VoxelGeometry(
    name="two",
    layers=[
        {"radial_edges_mm": (0.0, 2.0, 6.0), "angular_bins": 4},
        {"radial_edges_mm": (0.0, 10.0, 20.0, 40.0), "number": 12},
    ],
)
MAKER = ObservableMaker(GEOMETRY)


def test_one_hit_has_its_voxels_place_and_no_width():
    x, y, r = voxel_positions(GEOMETRY.each_layer[0])
    energy = np.zeros((8, GEOMETRY.n_voxels))
    energy[np.arange(8), np.arange(8)] = 3.0
    found = MAKER.of(energy, np.full(8, 6.0)).groups
    assert np.allclose(found["centre_x"][:, 0], x)
    assert np.allclose(found["centre_y"][:, 0], y)
    assert np.allclose(found["radial_centre"][:, 0], r)
    assert np.allclose(found["width_x"], 0.0, atol=1e-6)
    assert np.allclose(found["sparsity"], [7.0 / 8.0, 1.0])


def test_two_hits_weighted():
    energy = np.zeros((1, GEOMETRY.n_voxels))
    energy[0, 8:10] = 1.0, 3.0  # at radii 5 and 15 of the layer without sectors
    found = MAKER.of(energy, np.array([8.0]))
    assert found.groups["radial_centre"][0, 1] == pytest.approx(12.5)
    assert found.groups["radial_width"][0, 1] == pytest.approx(np.sqrt(0.25 * 0.75) * 10.0)
    assert (found.total[0], found.response[0]) == (4.0, 0.5)
    assert found.groups["layer_energy"].tolist() == [[0.0, 4.0]]


def test_a_turn_by_one_sector_turns_the_centre():
    energy = np.random.default_rng(1).gamma(1.0, 1.0, (50, GEOMETRY.n_voxels))
    turned = energy.copy()
    turned[:, :8] = np.roll(energy[:, :8], 2, axis=1)  # two rings a sector: a turn by 90 degrees
    one, two = (MAKER.of(table, np.ones(50)).groups for table in (energy, turned))
    assert np.allclose(two["centre_x"], -one["centre_y"])
    assert np.allclose(two["centre_y"], one["centre_x"])
    assert np.allclose(two["radial_width"], one["radial_width"])


def test_portions_do_not_matter():
    energy = np.random.default_rng(2).gamma(0.1, 1.0, (3 * MAKER.rows_at_once // 2, GEOMETRY.n_voxels))
    incident = np.ones(len(energy))
    whole = calochallenge_features(MAKER.of(energy, incident), incident)
    row = calochallenge_features(MAKER.of(energy[-1:], incident[-1:]), incident[-1:])
    assert np.array_equal(whole[-1:], row)
    assert whole.shape[1] == 1 + 2 + 4 + 1 + 3 * 2
