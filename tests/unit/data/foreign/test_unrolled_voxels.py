"""Voxels of a cylinder on a grid: every voxel has a cell of its own layer, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.foreign.unrolled_voxels import UnrolledVoxels
from showerkit.errors import GeometryError
from showerkit.geometry.voxel_file import load_voxel_geometry, voxel_geometry_names
from showerkit.geometry.voxels import VoxelGeometry


@pytest.mark.parametrize("name", voxel_geometry_names())
def test_there_and_back(name):
    geometry = load_voxel_geometry(name)
    unrolled = UnrolledVoxels(geometry)
    voxels = np.random.default_rng(1).gamma(1.0, 1.0, (3, geometry.n_voxels)).astype(np.float32)
    cells = unrolled.to_cells(voxels)
    assert np.array_equal(unrolled.to_voxels(cells), voxels)
    assert np.count_nonzero(cells) == voxels.size
    layers = cells.reshape(3, *unrolled.detector.shape).sum(axis=(2, 3))
    by_layer = np.add.reduceat(voxels, geometry.starts[:-1], axis=1)
    assert layers == pytest.approx(by_layer, rel=1e-5)


def test_rings_are_columns_and_sectors_rows():
    layers = [
        {"radial_edges_mm": [0, 1, 2, 3], "angular_bins": 2},
        {"radial_edges_mm": [0, 3], "angular_bins": 4},
    ]
    unrolled = UnrolledVoxels(VoxelGeometry(name="Two_kinds", layers=layers))
    assert unrolled.detector.shape == (2, 4, 3)
    assert unrolled.detector.name == "two-kinds-unrolled"
    # Voxel 4 is ring 1 of sector 1 of the first layer, voxel 8 the only ring of sector 2 of the second.
    assert unrolled.cells[[4, 8]].tolist() == [1 * 3 + 1, (4 + 2) * 3]


def test_too_many_sectors():
    layer = {"radial_edges_mm": [0, 1], "angular_bins": 1001}
    with pytest.raises(GeometryError, match="cells_y"):
        UnrolledVoxels(VoxelGeometry(name="fine", layers=[layer]))
