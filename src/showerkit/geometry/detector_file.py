"""A user's own detector: a short YAML file that becomes a calorimeter."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.errors import GeometryError, suggest
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS
from showerkit.geometry.layer import Layer, Slab, UpstreamSlab
from showerkit.geometry.layer_cells import LayerCells
from showerkit.geometry.material import Material


class LayerEntry(StrictConfig):
    """One or several equal layers of a detector file.

    Parameters
    ----------
    material
        Material of the cells.
    thickness_mm
        Thickness of the cells along z in mm.
    before, after
        Passive plates in front of and behind the cells.
    repeat
        How many such layers follow one another.
    cells, cell_mm, pitch_mm
        As of the detector, where this layer differs.
    offset_mm
        Where the middle of the cells is, along x and y from the centre of the face, in mm.
    row_shift_mm
        Shift of every second row along x in mm, as of bricks in a bond.
    missing
        Cells (ix, iy) that are not there.
    """

    material: str
    thickness_mm: float = Field(gt=0.0)
    before: tuple[Slab, ...] = ()
    after: tuple[Slab, ...] = ()
    repeat: int = Field(default=1, ge=1, le=1000)
    cells: tuple[int, int] | None = None
    cell_mm: tuple[float, float] | None = None
    pitch_mm: tuple[float, float] | None = None
    offset_mm: tuple[float, float] | None = None
    row_shift_mm: float = 0.0
    missing: tuple[tuple[int, int], ...] = ()

    @field_validator("cells", "cell_mm", "pitch_mm", mode="before")
    @classmethod
    def _one_number_serves_both(cls, value: Any) -> Any:
        return _both(value)

    @field_validator("cells", "cell_mm", "pitch_mm")
    @classmethod
    def _above_zero(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        return _positive(value)

    @property
    def differs(self) -> bool:
        """Whether the layer has cells of its own."""
        return bool(
            self.cells or self.cell_mm or self.pitch_mm or self.offset_mm or self.row_shift_mm or self.missing
        )

    def own_cells(self, detector: DetectorFile) -> LayerCells | None:
        """The layer's own cells, what it does not say being as of the detector; None if nothing differs."""
        if not self.differs:
            return None
        cells, cell = self.cells or detector.cells, self.cell_mm or detector.cell_mm
        # A layer that gives the size of its cells alone has them side by side, as a detector has.
        pitch = self.pitch_mm or (cell if self.cell_mm else detector.pitch_mm or cell)
        offset = self.offset_mm or (0.0, 0.0)
        return LayerCells(
            cells_x=cells[0],
            cells_y=cells[1],
            pitch_x_mm=pitch[0],
            pitch_y_mm=pitch[1],
            cell_x_mm=cell[0],
            cell_y_mm=cell[1],
            offset_x_mm=offset[0],
            offset_y_mm=offset[1],
            row_shift_mm=self.row_shift_mm,
            missing=self.missing,
        )


class DetectorFile(StrictConfig):
    """What a detector file may say.

    Parameters
    ----------
    name, title
        Short name and one line of description.
    cells
        Number of cells along x and y; one number serves both.
    cell_mm
        Active width of a cell along x and y in mm.
    pitch_mm
        Distance between cell centres along x and y in mm; by default the cells' width.
    frame
        Material between the cells.
    world
        Material all around.
    gun_distance_mm
        Distance of the particle gun before the face in mm.
    counts_charged_tracks
        Whether a simulation also counts the charged tracks that cross each cell.
    materials
        Own materials, beside the shipped ones.
    layers
        The layers from the face on.
    upstream
        Plates between the gun and the face, in order along z.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = ""
    cells: tuple[int, int]
    cell_mm: tuple[float, float]
    pitch_mm: tuple[float, float] | None = None
    frame: str | None = None
    world: str = "air"
    gun_distance_mm: float = Field(default=200.0, gt=0.0)
    counts_charged_tracks: bool = False
    materials: tuple[Material, ...] = ()
    layers: tuple[LayerEntry, ...] = Field(min_length=1)
    upstream: tuple[UpstreamSlab, ...] = ()

    @field_validator("cells", "cell_mm", "pitch_mm", mode="before")
    @classmethod
    def _one_number_serves_both(cls, value: Any) -> Any:
        return _both(value)

    @field_validator("cells", "cell_mm", "pitch_mm")
    @classmethod
    def _above_zero(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        return _positive(value)

    @model_validator(mode="after")
    def _materials_are_known(self) -> Self:
        known = {**SHIPPED_MATERIALS, **{material.name: material for material in self.materials}}
        uses = (
            [("world", self.world)] if self.frame is None else [("frame", self.frame), ("world", self.world)]
        )
        for number, layer in enumerate(self.layers):
            uses.append((f"layers.{number}.material", layer.material))
            for side in ("before", "after"):
                plates: tuple[Slab, ...] = getattr(layer, side)
                uses += [
                    (f"layers.{number}.{side}.{n}.material", plate.material) for n, plate in enumerate(plates)
                ]
        uses += [(f"upstream.{n}.material", plate.material) for n, plate in enumerate(self.upstream)]
        for place, name in uses:
            if name not in known:
                raise ValueError(
                    f"a shipped material, or one described under 'materials', as '{place}', "
                    f"which is '{name}': {suggest(name, known)}"
                )
        return self

    def calorimeter(self) -> Calorimeter:
        """Make the calorimeter, with the materials that it uses."""
        layers = [
            Layer(
                active_material=layer.material,
                thickness_mm=layer.thickness_mm,
                before=layer.before,
                after=layer.after,
                cells=layer.own_cells(self),
            )
            for layer in self.layers
            for _ in range(layer.repeat)
        ]
        known = {**SHIPPED_MATERIALS, **{material.name: material for material in self.materials}}
        used = {self.world, *(slab.material for layer in layers for slab in (*layer.before, *layer.after))}
        used |= {layer.active_material for layer in layers}
        used |= {plate.material for plate in self.upstream}
        if self.frame is not None:
            used.add(self.frame)
        pitch = self.pitch_mm or self.cell_mm
        return Calorimeter(
            name=self.name,
            title=self.title,
            cells_x=max(self.cells[0] if made.cells is None else made.cells.cells_x for made in layers),
            cells_y=max(self.cells[1] if made.cells is None else made.cells.cells_y for made in layers),
            pitch_x_mm=pitch[0],
            pitch_y_mm=pitch[1],
            cell_x_mm=self.cell_mm[0],
            cell_y_mm=self.cell_mm[1],
            frame_material=self.frame,
            world_material=self.world,
            gun_distance_mm=self.gun_distance_mm,
            counts_charged_tracks=self.counts_charged_tracks,
            materials=tuple(material for name, material in known.items() if name in used),
            layers=tuple(layers),
            upstream=self.upstream,
        )


def _both(value: Any) -> Any:
    single = isinstance(value, int | float) and not isinstance(value, bool)
    return (value, value) if single else value


def _positive(value: tuple[float, float] | None) -> tuple[float, float] | None:
    if value is not None and min(value) <= 0:
        raise ValueError("one number above 0, or two: along x and y")
    return value


def read_detector_file(path: Path | str) -> Calorimeter:
    """Read a user's own detector from a YAML file.

    Parameters
    ----------
    path
        The file (``docs/how-to/own-detector.md`` shows one).

    Returns
    -------
    Calorimeter
        The detector.

    Raises
    ------
    GeometryError
        In one line that names the field that is wrong.
    """
    values = load_yaml(path, error=GeometryError)
    if "gdml" in values:
        from showerkit.geometry.gdml_file import gdml_detector

        return gdml_detector(values, Path(path))
    described = parse_config(DetectorFile, values, source=str(path), error=GeometryError)
    try:
        return described.calorimeter()
    except ValueError as invalid:
        # Only the calorimeter checks how cells, pitch and frame, or plates and gun, fit together.
        reason = str(invalid).splitlines()
        raise GeometryError(f"{path}", got="no possible detector", expected=reason[-2].strip()) from None
