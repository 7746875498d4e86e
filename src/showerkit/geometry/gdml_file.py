"""A GDML file as a detector: a short YAML file beside it says what is read out and where the beam enters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import GeometryError
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.gdml_cells import gdml_cells
from showerkit.geometry.gdml_geometry import MAX_GDML_CHARACTERS, GdmlGeometry
from showerkit.geometry.gdml_volumes import GdmlVolumes
from showerkit.geometry.gdml_writer import gdml_text, sensitive_volumes
from showerkit.geometry.layer import Layer
from showerkit.geometry.world import face_mm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class GdmlDetectorFile(StrictConfig):
    """What a YAML file beside a GDML file may say.

    Parameters
    ----------
    name, title
        Short name and one line of description.
    gdml
        The GDML file, from the YAML file's folder on.
    sensitive
        Names of the volumes that are read out; by default those that the file marks (``SensDet``).
    face_mm
        Where the beam's frame has its origin (the centre of the front face), in the world of the GDML file,
        in mm; by default the middle of the cells in x and y, and the front of the first cell in z.
    pitch_mm
        Distance between cell centres along x and y in mm, over which beams without a position are spread; by
        default that of the nearest cells.
    gun_distance_mm
        Distance of the particle gun before the face in mm.
    counts_charged_tracks
        Whether a simulation also counts the charged tracks that cross each cell.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = ""
    gdml: str
    sensitive: tuple[str, ...] = ()
    face_mm: tuple[float, float, float] | None = None
    pitch_mm: tuple[float, float] | None = None
    gun_distance_mm: float = Field(default=200.0, gt=0.0)
    counts_charged_tracks: bool = False

    @field_validator("sensitive", mode="before")
    @classmethod
    def _one_name_is_enough(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


def gdml_detector(values: Mapping[str, Any], path: Path) -> Calorimeter:
    """Make a detector of a GDML file.

    Parameters
    ----------
    values
        What the YAML file says.
    path
        The YAML file.

    Returns
    -------
    Calorimeter
        The detector, which holds the text of the GDML file.

    Raises
    ------
    GeometryError
        If the GDML file cannot be read, or what it says is not supported.
    """
    described = parse_config(GdmlDetectorFile, values, source=str(path), error=GeometryError)
    file = path.parent / described.gdml
    text = _read(file)
    volumes = GdmlVolumes(text, str(file))
    names = volumes.names(described.sensitive) if described.sensitive else volumes.marked
    if not names:
        raise GeometryError(
            f"{path}: sensitive",
            got="no volume, and none is marked in the GDML file",
            expected="names of volumes",
        )
    face = described.face_mm or _front(volumes, names)
    half = volumes.world_half_mm
    gun = np.array(face) - (0.0, 0.0, described.gun_distance_mm)
    if (np.abs(gun) >= half).any():
        raise GeometryError(
            f"{path}: gun_distance_mm",
            got=f"a gun at z = {gun[2]:g} mm of the world",
            expected=f"a place within it: above {-half[2]:g} mm",
        )
    geometry = GdmlGeometry(text=text, sensitive=names, face_mm=face)
    cells = gdml_cells(geometry)
    size = cells.cell_map.size_mm[cells.cell_map.present]
    widest = [float(width) for width in size.max(axis=0)]
    pitch = described.pitch_mm or cells.pitch_mm
    return Calorimeter(
        name=described.name,
        title=described.title,
        cells_x=cells.shape[2],
        cells_y=cells.shape[1],
        pitch_x_mm=pitch[0],
        pitch_y_mm=pitch[1],
        cell_x_mm=min(widest[0], pitch[0]),
        cell_y_mm=min(widest[1], pitch[1]),
        gun_distance_mm=described.gun_distance_mm,
        counts_charged_tracks=described.counts_charged_tracks,
        materials=(),
        layers=_layers(path, cells.layer_materials, cells.layer_edges_mm),
        gdml=geometry,
    )


def read_gdml_file(path: Path | str) -> Calorimeter:
    """Read a GDML file that marks its sensitive volumes itself.

    Parameters
    ----------
    path
        The GDML file.

    Returns
    -------
    Calorimeter
        The detector, named after the file.

    Raises
    ------
    GeometryError
        If the file cannot be read, marks no volumes, or holds what is not supported.
    """
    path = Path(path)
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "gdml"
    return gdml_detector({"name": name, "gdml": path.name}, path)


def write_gdml(calorimeter: Calorimeter, path: Path | str) -> tuple[Path, Path]:
    """Write a calorimeter as a GDML file, with the YAML file that makes a detector of it again.

    Parameters
    ----------
    calorimeter
        The calorimeter.
    path
        The GDML file; the YAML file beside it has the ending ``.yaml``.

    Returns
    -------
    tuple of pathlib.Path
        Both files.

    Raises
    ------
    GeometryError
        If it is a GDML geometry itself, or a file exists or cannot be written.
    """
    path = Path(path)
    beside = path.with_suffix(".yaml")
    x, y, z = face_mm(calorimeter)
    described = [
        f"name: {calorimeter.name}",
        f"title: {calorimeter.title!r}" if calorimeter.title else None,
        f"gdml: {path.name!r}",
        f"sensitive: [{', '.join(sensitive_volumes(calorimeter))}]",
        f"face_mm: [{x!r}, {y!r}, {z!r}]",
        f"pitch_mm: [{calorimeter.pitch_x_mm!r}, {calorimeter.pitch_y_mm!r}]",
        f"gun_distance_mm: {calorimeter.gun_distance_mm!r}",
        "counts_charged_tracks: true" if calorimeter.counts_charged_tracks else None,
    ]
    text = gdml_text(calorimeter)
    try:
        for file, contents in ((path, text), (beside, "\n".join(filter(None, described)) + "\n")):
            with file.open("x", encoding="utf-8") as written:
                written.write(contents)
    except OSError as failure:
        mend = "choose another name, or move it away" if isinstance(failure, FileExistsError) else None
        raise GeometryError(
            f"{failure.filename or path} cannot be written", got=failure.strerror, mend=mend
        ) from None
    return path, beside


def _layers(
    path: Path | str, materials: Sequence[Any], edges_mm: Sequence[tuple[float, float]] | NDArray[Any]
) -> tuple[Layer, ...]:
    """Layers of the cells' materials; cells so far away that their front is their back have none."""
    layers = []
    for material, (front, back) in zip(materials, edges_mm, strict=True):
        if not back > front:
            raise GeometryError(
                f"{path}: cells from z = {front:g} to {back:g} mm",
                expected="cells near enough that their thickness can be told",
            )
        layers.append(Layer(active_material=material, thickness_mm=float(back - front)))
    return tuple(layers)


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_GDML_CHARACTERS + 1)
    except OSError as failure:
        raise GeometryError(f"{file} cannot be read", got=failure.strerror) from None
    except UnicodeDecodeError:
        raise GeometryError(f"{file}", got="no text in UTF-8") from None
    if len(text) > MAX_GDML_CHARACTERS:
        raise GeometryError(f"{file}", got=f"more than {MAX_GDML_CHARACTERS} characters")
    return text


def _front(volumes: GdmlVolumes, names: tuple[str, ...]) -> tuple[float, float, float]:
    """The middle of all cells in x and y, and the front of the first in z."""
    placed = volumes.places(names)
    low = np.min([(one.centre_mm - one.half_mm).min(axis=0) for one in placed], axis=0)
    high = np.max([(one.centre_mm + one.half_mm).max(axis=0) for one in placed], axis=0)
    middle = 0.5 * (low + high)
    return (float(middle[0]), float(middle[1]), float(low[2]))
