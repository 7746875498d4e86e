"""A calorimeter: layers along z, each a grid of equal rectangular cells, or cells of its own.

The detector's own frame has z along the beam, z = 0 at the front face and (0, 0) at the face's centre.
Cell (layer, iy, ix) has the flat index (layer * cells_y + iy) * cells_x + ix; ix grows with x, iy with y.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from showerkit.configuration import StrictConfig
from showerkit.errors import GeometryError
from showerkit.geometry import matter
from showerkit.geometry.cell_map import CellMap, layered_cell_map
from showerkit.geometry.consistency import check_consistent
from showerkit.geometry.gdml_geometry import GdmlGeometry
from showerkit.geometry.grid_lookup import grid_index_at
from showerkit.geometry.layer import Layer, UpstreamSlab
from showerkit.geometry.layer_cells import LayerCells
from showerkit.geometry.material import Material

if TYPE_CHECKING:
    from showerkit.geometry.gdml_cells import GdmlCells


class Calorimeter(StrictConfig):
    """A calorimeter of layers, each with cells_y x cells_x cells, unless a layer has cells of its own.

    Parameters
    ----------
    name, title
        Short name and one line of description.
    cells_x, cells_y
        Number of cells across; with layers of different cells, and in a GDML geometry, the largest number.
    pitch_x_mm, pitch_y_mm
        Distance between cell centres, in mm.
    cell_x_mm, cell_y_mm
        Active width of a cell, in mm, at most the pitch.
    frame_material
        Material between the cells (needed where a cell is narrower than the pitch).
    world_material
        Material all around.
    gun_distance_mm
        Distance of the particle gun before the face, in mm.
    counts_charged_tracks
        Whether a simulation also counts the charged tracks that cross each cell.
    materials
        The materials used, by name.
    layers
        The layers from the face on.
    upstream
        Plates between the gun and the face, in order along z.
    gdml
        The geometry as a GDML text, from which all else was derived; Geant4 alone then knows the materials.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> crystals = load_detector("zdc-ecal")
    >>> crystals.shape, round(crystals.depth_x0, 2), crystals.layers[0].active_material
    ((1, 20, 20), 5.77, 'lyso')
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = ""
    cells_x: int = Field(ge=1, le=1000)
    cells_y: int = Field(ge=1, le=1000)
    pitch_x_mm: float = Field(gt=0.0)
    pitch_y_mm: float = Field(gt=0.0)
    cell_x_mm: float = Field(gt=0.0)
    cell_y_mm: float = Field(gt=0.0)
    frame_material: str | None = None
    world_material: str = "air"
    gun_distance_mm: float = Field(default=200.0, gt=0.0)
    counts_charged_tracks: bool = False
    materials: tuple[Material, ...]
    layers: tuple[Layer, ...] = Field(min_length=1)
    upstream: tuple[UpstreamSlab, ...] = ()
    gdml: GdmlGeometry | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out that nothing stands in front, and no GDML: such files are as before these could be."""
        values: dict[str, Any] = plain(self)
        if not self.upstream:
            values.pop("upstream", None)
        if self.gdml is None:
            values.pop("gdml", None)
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_consistent(self)
        return self

    @cached_property
    def gdml_cells(self) -> GdmlCells:
        """What was found of the cells in the GDML text."""
        from showerkit.geometry.gdml_cells import gdml_cells as find_cells

        if self.gdml is None:
            raise GeometryError(f"detector '{self.name}'", got="no GDML text")
        return find_cells(self.gdml)

    @property
    def is_grid(self) -> bool:
        """Whether all layers have the same regular grid of cells."""
        return self.gdml is None and all(layer.cells is None for layer in self.layers)

    def require_grid(self, what: str) -> None:
        """Refuse what only a regular grid of cells allows.

        Parameters
        ----------
        what
            What asks, for the message.

        Raises
        ------
        GeometryError
            If layers have cells of their own, or the geometry is a GDML file.
        """
        if not self.is_grid:
            raise GeometryError(
                f"detector '{self.name}'",
                got="cells that are no regular grid",
                expected=f"the same grid of cells in all layers, for {what}",
            )

    @cached_property
    def layer_cells(self) -> tuple[LayerCells, ...]:
        """Each layer's cells (not of a GDML geometry)."""
        common = LayerCells(
            cells_x=self.cells_x,
            cells_y=self.cells_y,
            pitch_x_mm=self.pitch_x_mm,
            pitch_y_mm=self.pitch_y_mm,
            cell_x_mm=self.cell_x_mm,
            cell_y_mm=self.cell_y_mm,
        )
        return tuple(common if layer.cells is None else layer.cells for layer in self.layers)

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
    def material_names(self) -> set[str]:
        """Names of all materials that the layers, the frame, the plates upstream and the world use."""
        names = {self.world_material, *(plate.material for plate in self.upstream)}
        if self.frame_material is not None:
            names.add(self.frame_material)
        for layer in self.layers:
            names.add(layer.active_material)
            names.update(slab.material for slab in (*layer.before, *layer.after))
        return names

    def material(self, name: str) -> Material:
        """Look a material up by name."""
        return next(material for material in self.materials if material.name == name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(layers, cells_y, cells_x): the shape of one event as an image."""
        return (len(self.layers), self.cells_y, self.cells_x)

    @property
    def n_cells(self) -> int:
        """Number of places in the image of an event, some of which may be without a cell."""
        return len(self.layers) * self.cells_y * self.cells_x

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
        return sum(layer.total_thickness_mm for layer in self.layers)

    @cached_property
    def layer_z_mm(self) -> NDArray[np.float64]:
        """Centre of each layer's active cells along z, in mm, shape (layers,)."""
        if self.gdml is not None:
            return np.asarray(self.layer_edges_mm.mean(axis=1))
        centres, z = [], 0.0
        for layer in self.layers:
            z += sum(slab.thickness_mm for slab in layer.before)
            centres.append(z + 0.5 * layer.thickness_mm)
            z += layer.thickness_mm + sum(slab.thickness_mm for slab in layer.after)
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

    def index(
        self, layer: NDArray[np.int64] | int, iy: NDArray[np.int64] | int, ix: NDArray[np.int64] | int
    ) -> NDArray[np.int64]:
        """Flat index of cells (layer, iy, ix)."""
        return np.asarray((np.asarray(layer) * self.cells_y + iy) * self.cells_x + ix, dtype=np.int64)

    def cell(
        self, index: NDArray[np.int64] | int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(layer, iy, ix) of flat indices; inverse of `index`."""
        layer, iy, ix = np.unravel_index(np.asarray(index), self.shape)
        return layer, iy, ix

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

    def require_materials(self, what: str) -> None:
        """Refuse what needs materials, which of a GDML geometry Geant4 alone knows.

        Parameters
        ----------
        what
            What asks, for the message.

        Raises
        ------
        GeometryError
            If the geometry is a GDML file.
        """
        if self.gdml is not None:
            raise GeometryError(
                f"detector '{self.name}'",
                got="a GDML file, whose materials Geant4 alone knows",
                expected=f"a detector described in YAML, for {what}",
            )

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
