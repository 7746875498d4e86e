"""Readouts of DD4hep detectors: which collection of hits, and which cell each of them is in."""

from __future__ import annotations

import math
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.data.foreign.bit_field import CellIdEncoding
from showerkit.errors import ConfigurationError, suggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray

_FOLDER: Final = "readouts"
_YAML: Final = (".yaml", ".yml")


class FieldIndex(StrictConfig):
    """A number that a field of the cell id counts.

    Parameters
    ----------
    field
        The field's name.
    first
        Its value in the first layer, row or column.
    reversed
        Whether it counts downwards.
    """

    field: str
    first: int = 0
    reversed: bool = False

    def of(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers from 0 on of the field's values."""
        return self.first - values if self.reversed else values - self.first


class NumberedCells(StrictConfig):
    """Cells that are numbered through.

    Parameters
    ----------
    kind
        ``number``.
    field
        The field that holds the number.
    first
        The number of the first cell.
    fastest
        Whether x or y changes from one number to the next.
    layer
        The field of the layer, if there are several.
    """

    kind: Literal["number"]
    field: str
    first: int = 0
    fastest: Literal["x", "y"] = "x"
    layer: FieldIndex | None = None


class FieldCells(StrictConfig):
    """Cells whose column and row are fields of the cell id.

    Parameters
    ----------
    kind
        ``fields``.
    x, y
        The fields of column and row.
    layer
        The field of the layer, if there are several.
    """

    kind: Literal["fields"]
    x: FieldIndex
    y: FieldIndex
    layer: FieldIndex | None = None


class PositionCells(StrictConfig):
    """Cells found by the positions of the hits.

    Parameters
    ----------
    kind
        ``positions``.
    layer
        The field of the layer; by default the layer is found by the position, too.
    """

    kind: Literal["positions"]
    layer: FieldIndex | None = None


class DetectorFrame(StrictConfig):
    """Where the detector stands in the experiment.

    Parameters
    ----------
    origin_mm
        The middle of its front face, in mm.
    rotation_rad
        Angles about x, y and z in rad, by which it was turned about x first and about z last.
    """

    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation_rad: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def matrix(self) -> FloatArray:
        """The rotation from the detector's frame to the experiment's, Rz Ry Rx, shape (3, 3)."""
        (cx, sx), (cy, sy), (cz, sz) = ((math.cos(a), math.sin(a)) for a in self.rotation_rad)
        about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
        about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
        about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(about_z @ about_y @ about_x)

    def directions(self, vectors: NDArray[Any]) -> FloatArray:
        """Vectors of the experiment's frame in the detector's, shape (N, 3)."""
        return np.asarray(vectors, dtype=np.float64) @ self.matrix()

    def positions(self, points_mm: NDArray[Any]) -> FloatArray:
        """Points of the experiment's frame in the detector's, in mm, shape (N, 3)."""
        return self.directions(np.asarray(points_mm, dtype=np.float64) - np.array(self.origin_mm))


class Readout(StrictConfig):
    """One calorimeter's readout in an EDM4hep file.

    Parameters
    ----------
    name, title
        Short name and one line of description.
    collection
        The collection of simulated calorimeter hits, such as ``EcalFarForwardZDCHits``.
    detector
        Shipped name, or YAML file beside this one, of the detector.
    id
        DD4hep's description of the cell id, such as ``system:8,layer:8,x:32:-16,y:-16``.
    cells
        How the cell of a hit is found.
    frame
        Where the detector stands.

    Examples
    --------
    >>> cells = {"kind": "fields", "x": {"field": "x"}, "y": {"field": "y"}}
    >>> values = {"name": "mine", "collection": "Hits", "detector": "zdc-ecal", "id": "x:8,y:8"}
    >>> Readout(cells=cells, **values).collection
    'Hits'
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    title: str = ""
    collection: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    detector: str
    id: str = ""
    cells: Annotated[NumberedCells | FieldCells | PositionCells, Field(discriminator="kind")]
    frame: DetectorFrame = DetectorFrame()

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        names = self.fields
        if not names:
            return self
        try:
            encoding = CellIdEncoding(self.id)
            for name in names:
                encoding.check_field(name)
        except ConfigurationError as wrong:
            raise ValueError(f"an 'id' with all fields that 'cells' names ({wrong})") from None
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields of the cell id that are needed."""
        cells = self.cells
        found = [cells.field] if isinstance(cells, NumberedCells) else []
        if isinstance(cells, FieldCells):
            found = [cells.x.field, cells.y.field]
        return tuple(found + ([] if cells.layer is None else [cells.layer.field]))


def readout_names() -> tuple[str, ...]:
    """Names of the shipped readouts.

    Examples
    --------
    >>> readout_names()
    ('epic-zdc-ecal',)
    """
    found = files("showerkit.data.foreign").joinpath(_FOLDER).iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in found if entry.name.endswith(".yaml")))


def load_readout(name: str | Path) -> Readout:
    """Load the description of a readout.

    Parameters
    ----------
    name
        A shipped name or a YAML file.

    Returns
    -------
    Readout
        The description; the name of a detector's file is completed by the folder of the readout's.

    Raises
    ------
    ConfigurationError
        If there is no such name or file, or it does not say what it must.

    Examples
    --------
    >>> load_readout("epic-zdc-ecal").collection
    'EcalFarForwardZDCHits'
    """
    text = str(name)
    shipped = text in readout_names()
    path = (
        Path(str(files("showerkit.data.foreign").joinpath(_FOLDER, f"{text}.yaml")))
        if shipped
        else Path(name)
    )
    if not shipped and path.suffix not in _YAML:
        mend = suggest(text, readout_names()) + " (or give a YAML file)"
        raise ConfigurationError(f"readout {text!r}", got="no shipped readout", mend=mend)
    readout = parse_config(Readout, load_yaml(path), source=text)
    detector = Path(readout.detector)
    if detector.suffix in _YAML and not detector.is_absolute():
        readout = readout.model_copy(update={"detector": str(path.parent / detector)})
    return readout
