"""A calorimeter: layers along z, each a grid of equal rectangular cells, or cells of its own.

The detector's own frame has z along the beam, z = 0 at the front face and (0, 0) at the face's centre.
Cell (layer, iy, ix) has the flat index (layer * cells_y + iy) * cells_x + ix; ix grows with x, iy with y.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from showerkit.configuration import StrictConfig
from showerkit.errors import GeometryError
from showerkit.geometry.cell_map import CellMap, layered_cell_map
from showerkit.geometry.gdml_geometry import GdmlGeometry
from showerkit.geometry.layer_cells import LayerCells
from showerkit.geometry.material import Material

if TYPE_CHECKING:
    from showerkit.geometry.gdml_cells import GdmlCells

#: Positions are compared with borders to this accuracy, far below any tolerance of construction.
_ROUNDING_MM: Final = 1e-9


class Slab(StrictConfig):
    """A passive plate across the whole calorimeter.

    Parameters
    ----------
    material
        Name of its material.
    thickness_mm
        Thickness along z in mm.

    Examples
    --------
    >>> Slab(material="lead", thickness_mm=2.0).thickness_mm
    2.0
    """

    material: str
    thickness_mm: float = Field(gt=0.0)


class UpstreamSlab(Slab):
    """A plate of matter that stands apart in front of the calorimeter, as wide as that.

    Parameters
    ----------
    material, thickness_mm
        See `Slab`.
    distance_mm
        Gap between the plate's back and the calorimeter's front face, in mm.

    Examples
    --------
    >>> window = UpstreamSlab(material="aluminium", thickness_mm=5.0, distance_mm=100.0)
    >>> window.reach_mm  # how far in front of the face it begins
    105.0
    """

    distance_mm: float = Field(gt=0.0)

    @property
    def reach_mm(self) -> float:
        """Distance of the plate's front from the calorimeter's face, in mm."""
        return self.distance_mm + self.thickness_mm


class Layer(StrictConfig):
    """One readout layer: passive plates, a plane of active cells, passive plates.

    Parameters
    ----------
    active_material
        Name of the material whose deposits are read out.
    thickness_mm
        Thickness of the active cells along z in mm.
    before, after
        Passive plates in front of and behind the cells, in order along z.
    cells
        The layer's own cells, where they are not those of the calorimeter.

    Examples
    --------
    >>> plate = Slab(material="lead", thickness_mm=2.0)
    >>> layer = Layer(active_material="polystyrene", thickness_mm=4.0, before=(plate,))
    >>> layer.total_thickness_mm
    6.0
    """

    active_material: str
    thickness_mm: float = Field(gt=0.0)
    before: tuple[Slab, ...] = ()
    after: tuple[Slab, ...] = ()
    cells: LayerCells | None = None

    @model_serializer(mode="wrap")
    def _without_own_cells(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out that there are none: such files are as they were before there could be any."""
        values: dict[str, Any] = plain(self)
        if self.cells is None:
            values.pop("cells", None)
        return values

    @property
    def total_thickness_mm(self) -> float:
        """Thickness with all plates, in mm."""
        return self.thickness_mm + sum(slab.thickness_mm for slab in (*self.before, *self.after))


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
        if self.cell_x_mm > self.pitch_x_mm or self.cell_y_mm > self.pitch_y_mm:
            raise ValueError("cells no wider than their pitch")
        if self.gdml is not None:
            self._check_gdml()
            return self
        if self.frame_material is None and any(self.has_gaps(n) for n in range(len(self.layers))):
            raise ValueError(
                "a frame_material, since the cells are narrower than their pitch"
                if self.is_grid
                else "a frame_material, since the cells leave gaps"
            )
        if not self.is_grid:
            columns = max(cells.cells_x for cells in self.layer_cells)
            rows = max(cells.cells_y for cells in self.layer_cells)
            if (self.cells_x, self.cells_y) != (columns, rows):
                raise ValueError(f"cells_x and cells_y of the largest layers: {columns} and {rows}")
        known = {material.name for material in self.materials}
        missing = sorted(self.material_names - known)
        if missing:
            raise ValueError(f"a description of the material {missing[0]!r} under 'materials'")
        free_mm = self.gun_distance_mm
        for plate in self.upstream:
            if plate.reach_mm >= free_mm:
                raise ValueError(
                    "upstream plates in order along z, apart, between the gun and the face: less than "
                    f"{free_mm:g} mm for distance_mm + thickness_mm (it is {plate.reach_mm:g})"
                )
            free_mm = plate.distance_mm
        return self

    def _check_gdml(self) -> None:
        """Check that nothing contradicts the GDML text, which files bring along."""
        if self.upstream or any(layer.cells or layer.before or layer.after for layer in self.layers):
            raise ValueError("plates, cells and what stands upstream in the GDML text alone")
        try:
            shape = self.gdml_cells.shape
        except GeometryError as wrong:
            raise ValueError(f"a GDML text that can be read ({wrong})") from None
        if shape != self.shape:
            raise ValueError(f"layers, cells_y and cells_x as in the GDML text: {shape}")

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
        if not self.is_grid:
            return self.cell_map.index_at(position)
        found = np.asarray(np.isfinite(position).all(axis=1))
        place = np.where(found[:, None], position, 0.0)
        numbers = []
        for values, centres, pitch, width in (
            (place[:, 1], self.cell_y, self.pitch_y_mm, self.cell_y_mm),
            (place[:, 0], self.cell_x, self.pitch_x_mm, self.cell_x_mm),
        ):
            raw = np.floor(values / pitch + 0.5 * len(centres))
            number = np.clip(raw, 0, len(centres) - 1).astype(np.int64)
            found &= np.abs(values - centres[number]) <= 0.5 * width + _ROUNDING_MM
            numbers.append(number)
        front, back = self.layer_edges_mm[:, 0], self.layer_edges_mm[:, 1]
        before = np.asarray(np.searchsorted(front - _ROUNDING_MM, place[:, 2], side="right"))
        layer = np.maximum(before - 1, 0)
        found &= (place[:, 2] >= front[layer] - _ROUNDING_MM) & (place[:, 2] <= back[layer] + _ROUNDING_MM)
        return np.where(found, self.index(layer, *numbers), -1)

    @cached_property
    def layer_depth_x0(self) -> NDArray[np.float64]:
        """Thickness of each layer through its cells' centres, with its plates, in X0, shape (layers,)."""
        self.require_materials("radiation lengths")
        return np.array(
            [
                sum(
                    slab.thickness_mm / self.material(slab.material).radiation_length_mm
                    for slab in _slabs(layer)
                )
                for layer in self.layers
            ]
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

    @property
    def depth_x0(self) -> float:
        """Thickness of the calorimeter through the centres of the cells, in radiation lengths."""
        return float(self.layer_depth_x0.sum())

    @property
    def upstream_x0(self) -> float:
        """Thickness of the plates in front, in radiation lengths."""
        return sum(
            plate.thickness_mm / self.material(plate.material).radiation_length_mm for plate in self.upstream
        )

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
        mine, others = (calorimeter._from_the_face_on() for calorimeter in (self, other))
        return mine == others

    def _from_the_face_on(self) -> tuple[Calorimeter, dict[str, Material]]:
        """Itself without what does not matter to a shower, and the materials used from the face on."""
        bare = self.model_copy(
            update={
                "name": "",
                "title": "",
                "gun_distance_mm": 0.0,
                "counts_charged_tracks": False,
                "upstream": (),
                "materials": (),
            }
        )
        return bare, {name: self.material(name) for name in bare.material_names}

    @cached_property
    def moliere_radius_mm(self) -> float:
        r"""Mean Moliere radius in mm.

        :math:`1/R = \sum_i t_i/R_i / \sum_i t_i` over all plates, of thickness t: that is the Particle
        Data Group's rule for mixtures (eq. 34.39), the layers taken as mixed.
        """
        self.require_materials("the Moliere radius")
        slabs = [slab for layer in self.layers for slab in _slabs(layer)]
        inverse = sum(slab.thickness_mm / self.material(slab.material).moliere_radius_mm for slab in slabs)
        return sum(slab.thickness_mm for slab in slabs) / inverse

    @cached_property
    def sampling_fraction(self) -> float:
        r"""Share of a minimum-ionising particle's loss that falls into cells.

        .. math:: f = \frac{a \sum_l t_l\,(dE/dx)_l}
           {\sum_l t_l\,[a\,(dE/dx)_l + (1 - a)\,(dE/dx)_{frame}] + \sum_p t_p\,(dE/dx)_p}

        for particles along z, uniform over the face: l runs over the cells, p over the plates, and a
        is the share of the face that the cells cover; dE/dx is the minimum of the Bethe equation.
        """
        self.require_materials("the sampling fraction")
        covered = (self.cell_x_mm * self.cell_y_mm) / (self.pitch_x_mm * self.pitch_y_mm)
        frame = 0.0
        if self.frame_material is not None:
            frame = self.material(self.frame_material).minimum_ionisation_mev_mm
        active = passive = 0.0
        for number, layer in enumerate(self.layers):
            loss = self.material(layer.active_material).minimum_ionisation_mev_mm
            if not self.is_grid:
                covered = self.layer_cells[number].covered_mm2 / (self.width_x_mm * self.width_y_mm)
            active += covered * layer.thickness_mm * loss
            passive += (1.0 - covered) * layer.thickness_mm * frame
            for slab in (*layer.before, *layer.after):
                passive += slab.thickness_mm * self.material(slab.material).minimum_ionisation_mev_mm
        return active / (active + passive)


def _slabs(layer: Layer) -> tuple[Slab, ...]:
    """All plates of a layer in order, the active cells as one of them."""
    active = Slab(material=layer.active_material, thickness_mm=layer.thickness_mm)
    return (*layer.before, active, *layer.after)
