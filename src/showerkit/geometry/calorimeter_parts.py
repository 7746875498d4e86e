"""The parts of a calorimeter, as a file of it lists them, and how its cells are numbered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from showerkit.configuration import StrictConfig
from showerkit.errors import GeometryError
from showerkit.geometry.gdml_geometry import GdmlGeometry
from showerkit.geometry.layer import Layer, UpstreamSlab
from showerkit.geometry.layer_cells import LayerCells
from showerkit.geometry.material import Material

if TYPE_CHECKING:
    from showerkit.geometry.gdml_cells import GdmlCells


class CalorimeterParts(StrictConfig):
    """Layers, cells and materials of a calorimeter.

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
    >>> crystals.shape, crystals.n_cells, crystals.index(0, iy=1, ix=2).item()
    ((1, 20, 20), 400, 22)
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

    @cached_property
    def gdml_cells(self) -> GdmlCells:
        """What was found of the cells in the GDML text."""
        from showerkit.geometry.gdml_cells import gdml_cells as find_cells

        if self.gdml is None:
            raise GeometryError(f"detector '{self.name}'", got="no GDML text")
        return find_cells(self.gdml)

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
