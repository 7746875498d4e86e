"""Voxels of a cylinder laid out as a grid: rings along x, sectors along y, and back without loss."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.configuration import parse_config
from showerkit.errors import GeometryError
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import AIR
from showerkit.geometry.voxels import VoxelGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The matter of the layers is not known; this much of air stands for it.
_LAYER_MM = 1.0
#: Names of such detectors end in this.
UNROLLED = "-unrolled"


class UnrolledVoxels:
    """Cylindrical voxels as the cells of a grid.

    Every layer has as many columns as the finest layer has rings, and as many rows as it has sectors;
    a coarser layer fills the first of them, and the cells beyond stay empty.

    Parameters
    ----------
    geometry
        The voxels.

    Raises
    ------
    GeometryError
        If the grid would have more than 1,000 rows or columns.

    Examples
    --------
    >>> from showerkit.geometry.voxel_file import load_voxel_geometry
    >>> unrolled = UnrolledVoxels(load_voxel_geometry("calochallenge-2"))
    >>> unrolled.detector.shape, unrolled.cells[:3].tolist()
    ((45, 16, 9), [0, 1, 2])
    """

    def __init__(self, geometry: VoxelGeometry) -> None:
        self.geometry = geometry
        layers = geometry.each_layer
        rings, sectors = max(one.rings for one in layers), max(one.angular_bins for one in layers)
        radius_mm = max(one.radial_edges_mm[-1] for one in layers)
        pitch_x, pitch_y = radius_mm / rings, math.pi * radius_mm / sectors
        name = re.sub("[^a-z0-9]+", "-", geometry.name.lower()).strip("-") or "voxels"
        layer = {"active_material": AIR.name, "thickness_mm": _LAYER_MM}
        values = {
            "name": name + UNROLLED,
            "title": f"{geometry.title or geometry.name}; unrolled: x counts rings, y sectors; "
            "its matter is not described",
            "cells_x": rings,
            "cells_y": sectors,
            "pitch_x_mm": pitch_x,
            "pitch_y_mm": pitch_y,
            "cell_x_mm": pitch_x,
            "cell_y_mm": pitch_y,
            "materials": (AIR,),
            "layers": (layer,) * len(layers),
        }
        self.detector = parse_config(Calorimeter, values, source=geometry.name, error=GeometryError)

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """Index of the cell of each voxel, shape (voxels,)."""
        grid = np.arange(self.detector.n_cells).reshape(self.detector.shape)
        return np.concatenate(
            [
                grid[number, : layer.angular_bins, : layer.rings].ravel()
                for number, layer in enumerate(self.geometry.each_layer)
            ]
        )

    def to_cells(self, voxels: NDArray[Any]) -> NDArray[np.float32]:
        """Deposits in cells, shape (N, cells), of those in voxels, shape (N, voxels)."""
        found = np.zeros((len(voxels), self.detector.n_cells), dtype=np.float32)
        found[:, self.cells] = voxels
        return found

    def to_voxels(self, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """Deposits in voxels of those in cells; inverse of `to_cells`."""
        return np.ascontiguousarray(cells[:, self.cells])
