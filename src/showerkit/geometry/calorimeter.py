"""A calorimeter: layers along z, each a grid of equal rectangular cells, or cells of its own.

The detector's own frame has z along the beam, z = 0 at the front face and (0, 0) at the face's centre.
Cell (layer, iy, ix) has the flat index (layer * cells_y + iy) * cells_x + ix; ix grows with x, iy with y.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from showerkit.geometry import matter
from showerkit.geometry.calorimeter_parts import CalorimeterParts
from showerkit.geometry.cell_map import CellMap, layered_cell_map
from showerkit.geometry.consistency import check_consistent
from showerkit.geometry.grid_lookup import grid_index_at
from showerkit.geometry.plain_sum import plain_sum


class Calorimeter(CalorimeterParts):
    """A calorimeter of layers, each with cells_y x cells_x cells, unless a layer has cells of its own.

    Its settings, which are those of `CalorimeterParts`, fit together; what follows from them is where its
    cells are, and how thick it is.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> crystals = load_detector("zdc-ecal")
    >>> crystals.shape, round(crystals.depth_x0, 2), crystals.layers[0].active_material
    ((1, 20, 20), 5.77, 'lyso')
    """

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_consistent(self)
        return self

    def has_gaps(self, layer: int) -> bool:
        """Whether a layer's plane is not wholly covered by cells, so that a frame lies between them."""
        if self.is_grid:
            return self.cell_x_mm < self.pitch_x_mm or self.cell_y_mm < self.pitch_y_mm
        plane_mm2 = self.width_x_mm * self.width_y_mm
        return self.layer_cells[layer].covered_mm2 < plane_mm2 * (1.0 - 1e-9)

    @cached_property
    def cell_map(self) -> CellMap:
        """Position and size of every cell, in index order."""
        if self.gdml is not None:
            return self.gdml_cells.cell_map
        thickness = np.array([layer.thickness_mm for layer in self.layers])
        return layered_cell_map(self.layer_cells, self.layer_z_mm, thickness)

    @property
    def width_x_mm(self) -> float:
        """Full width in x, in mm."""
        if self.gdml is not None:
            return self.gdml_cells.width_mm[0]
        if not self.is_grid:
            return max(cells.width_x_mm for cells in self.layer_cells)
        return self.cells_x * self.pitch_x_mm

    @property
    def width_y_mm(self) -> float:
        """Full width in y, in mm."""
        if self.gdml is not None:
            return self.gdml_cells.width_mm[1]
        if not self.is_grid:
            return max(cells.width_y_mm for cells in self.layer_cells)
        return self.cells_y * self.pitch_y_mm

    @property
    def depth_mm(self) -> float:
        """Full depth in z, in mm; of a GDML geometry, to the back of the last cell."""
        if self.gdml is not None:
            return float(self.layer_edges_mm.max())
        return plain_sum(layer.total_thickness_mm for layer in self.layers)

    @cached_property
    def layer_z_mm(self) -> NDArray[np.float64]:
        """Centre of each layer's active cells along z, in mm, shape (layers,)."""
        if self.gdml is not None:
            return np.asarray(self.layer_edges_mm.mean(axis=1))
        centres, z = [], 0.0
        for layer in self.layers:
            z += plain_sum(slab.thickness_mm for slab in layer.before)
            centres.append(z + 0.5 * layer.thickness_mm)
            z += layer.thickness_mm + plain_sum(slab.thickness_mm for slab in layer.after)
        return np.array(centres)

    @cached_property
    def layer_edges_mm(self) -> NDArray[np.float64]:
        """Front and back of each layer's active cells along z, in mm, shape (layers, 2)."""
        if self.gdml is not None:
            return self.gdml_cells.layer_edges_mm
        half = 0.5 * np.array([layer.thickness_mm for layer in self.layers])
        return np.stack([self.layer_z_mm - half, self.layer_z_mm + half], axis=1)

    @cached_property
    def cell_x(self) -> NDArray[np.float64]:
        """X of the cell columns in mm, shape (cells_x,); of regular grids alone."""
        self.require_grid("columns of cells")
        return np.asarray((np.arange(self.cells_x) - 0.5 * (self.cells_x - 1)) * self.pitch_x_mm, np.float64)

    @cached_property
    def cell_y(self) -> NDArray[np.float64]:
        """Y of the cell rows in mm, shape (cells_y,); of regular grids alone."""
        self.require_grid("rows of cells")
        return np.asarray((np.arange(self.cells_y) - 0.5 * (self.cells_y - 1)) * self.pitch_y_mm, np.float64)

    @cached_property
    def cell_positions_mm(self) -> NDArray[np.float64]:
        """Centre (x, y, z) of every cell in index order, in mm, shape (cells, 3).

        A place of the image without a cell has the middle of its layer.
        """
        if not self.is_grid:
            return self.cell_map.position_mm
        z, y, x = np.meshgrid(self.layer_z_mm, self.cell_y, self.cell_x, indexing="ij")
        return np.stack([x, y, z], axis=-1).reshape(-1, 3)

    def index_at(self, position_mm: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
        """Flat index of the cell that holds each position; inverse of `cell_positions_mm`.

        Parameters
        ----------
        position_mm
            Positions (x, y, z) in mm, shape (N, 3).

        Returns
        -------
        numpy.ndarray
            Indices, shape (N,); -1 outside, between cells, in a passive plate or for NaN. A position
            on the border of two cells belongs to the one with the higher index.

        Examples
        --------
        >>> from showerkit.geometry import load_detector
        >>> zdc = load_detector("zdc-ecal")
        >>> zdc.index_at(np.array([[15.15, 15.15, 35.0], [0.0, 0.0, 35.0]])).tolist()
        [210, -1]
        """
        position = np.asarray(position_mm, dtype=np.float64).reshape(-1, 3)
        return grid_index_at(self, position) if self.is_grid else self.cell_map.index_at(position)

    @cached_property
    def layer_depth_x0(self) -> NDArray[np.float64]:
        """Thickness of each layer through its cells' centres, with its plates, in X0, shape (layers,)."""
        self.require_materials("radiation lengths")
        return np.array([matter.thickness_x0(self, layer.slabs) for layer in self.layers])

    @property
    def depth_x0(self) -> float:
        """Thickness of the calorimeter through the centres of the cells, in radiation lengths."""
        return float(self.layer_depth_x0.sum())

    @property
    def upstream_x0(self) -> float:
        """Thickness of the plates in front, in radiation lengths."""
        return matter.thickness_x0(self, self.upstream)

    def same_showers(self, other: Calorimeter) -> bool:
        """Whether particles at the face make the same showers in both: all is equal from the face on.

        Names, the gun's place, plates upstream and what is counted besides deposits may differ.

        Examples
        --------
        >>> from showerkit.geometry import load_detector
        >>> zdc = load_detector("zdc-ecal")
        >>> zdc.same_showers(zdc.model_copy(update={"gun_distance_mm": 500.0}))
        True
        >>> zdc.same_showers(load_detector("zdc-ecal-pbwo4"))
        False
        """
        return matter.from_the_face_on(self) == matter.from_the_face_on(other)

    @cached_property
    def moliere_radius_mm(self) -> float:
        """Mean Moliere radius of the layers, in mm (see `matter.moliere_radius_mm`)."""
        return matter.moliere_radius_mm(self)

    @cached_property
    def sampling_fraction(self) -> float:
        """Share of a minimum-ionising particle's loss that falls into cells (`matter.sampling_fraction`)."""
        return matter.sampling_fraction(self)
