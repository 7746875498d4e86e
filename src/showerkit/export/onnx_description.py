"""What an exported file says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer, model_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import CheckpointError
from showerkit.geometry import Calorimeter

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What the file says it is; the number rises when old readers could misread it.
ONNX_FORMAT: Final = "showerkit-onnx-1"
#: The whole description stands under this key, its most needed parts also under keys of their own.
WHOLE: Final = "showerkit"
#: Sections of which every value has a key of its own, for readers without JSON.
_FLAT: Final = ("format", "kind", "family", "name", "threshold_mev", "particles", "cells", "valid_range")
#: Frame and conventions that hold for every file.
FRAME: Final = (
    "z along the beam, z = 0 at the front face, (0, 0) at the face's centre, in mm; incident energies are "
    "kinetic, in MeV; directions are unit vectors of the momentum; a position is any point of the line of "
    "flight in front of the calorimeter"
)
#: What a grid of cells has, and what cells have that are none.
_OF_GRIDS: Final = ("pitch_x_mm", "pitch_y_mm", "cell_x_mm", "cell_y_mm")
_OF_OWN_CELLS: Final = ("centres_x_mm", "centres_y_mm", "widths_x_mm", "widths_y_mm")
ORDER: Final = "(layer * cells_y + iy) * cells_x + ix"


class OnnxInput(StrictConfig):
    """An input of the graph; the first axis is always the event.

    Parameters
    ----------
    name
        Its name.
    role
        What it is: a quantity of the incident particle, of the cells, or ``random``.
    type
        ``float32`` or ``int64``.
    width
        Numbers an event: the shape is (N, width).
    unit
        Its unit; ``1`` for pure numbers, ``pdg`` for Particle Data Group codes.
    law
        Of random inputs: independent ``normal`` numbers (mean 0, width 1), with the digits of single
        precision for ``normal-32``, or ``uniform`` ones from 0 to 1.
    """

    name: str
    role: Literal[
        "incident-energy", "direction", "position", "particle", "random", "deposits", "charged-tracks"
    ]
    type: Literal["float32", "int64"] = "float32"
    width: int = Field(ge=1)
    unit: str
    law: Literal["normal", "uniform", "normal-32"] | None = None


class OnnxOutput(StrictConfig):
    """An output of the graph, float32, shape (N, width).

    Parameters
    ----------
    name
        Its name.
    width
        Numbers an event.
    unit
        Its unit.
    meaning
        One line.
    """

    name: str
    width: int = Field(ge=1)
    unit: str
    meaning: str


class CellMap(StrictConfig):
    """Which cell is which.

    Parameters
    ----------
    number, layers, cells_x, cells_y
        Numbers of places and layers, and of columns and rows in the image that they make.
    order
        The flat index of a cell.
    pitch_x_mm, pitch_y_mm
        Of regular grids: distances between cell centres; the centre of column ix is at
        (ix - (cells_x - 1) / 2) * pitch_x_mm.
    cell_x_mm, cell_y_mm
        Of regular grids: sizes of the active cells, in mm.
    centres_x_mm, centres_y_mm, widths_x_mm, widths_y_mm
        Of all others: centre and size of the cell in each place; widths of 0 where there is none.
    front_mm, back_mm
        Where each layer's active cells begin and end along z, in mm.
    """

    number: int
    layers: int
    cells_x: int
    cells_y: int
    order: str = ORDER
    pitch_x_mm: float | None = None
    pitch_y_mm: float | None = None
    cell_x_mm: float | None = None
    cell_y_mm: float | None = None
    centres_x_mm: tuple[float, ...] | None = None
    centres_y_mm: tuple[float, ...] | None = None
    widths_x_mm: tuple[float, ...] | None = None
    widths_y_mm: tuple[float, ...] | None = None
    front_mm: tuple[float, ...]
    back_mm: tuple[float, ...]

    @model_serializer(mode="wrap")
    def _of_one_kind(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what only the other kind of cells has."""
        values: dict[str, Any] = plain(self)
        return {name: value for name, value in values.items() if value is not None}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = _OF_GRIDS if self.centres_x_mm is None else _OF_OWN_CELLS
        missing = [name for name in names if getattr(self, name) is None]
        other = [name for name in (*_OF_GRIDS, *_OF_OWN_CELLS) if name not in names]
        if missing or any(getattr(self, name) is not None for name in other):
            raise ValueError("either pitches and sizes of a grid, or centres and widths of all cells")
        return self

    @classmethod
    def of(cls, detector: Calorimeter) -> Self:
        """Give the cells of a calorimeter.

        Examples
        --------
        >>> from showerkit.geometry import load_detector
        >>> cells = CellMap.of(load_detector("zdc-ecal"))
        >>> cells.number, cells.front_mm, cells.back_mm
        (400, (0.0,), (70.0,))
        """
        values: dict[str, Any]
        if detector.is_grid:
            values = {name: getattr(detector, name) for name in _OF_GRIDS}
        else:
            cells = detector.cell_map
            columns = (*cells.position_mm[:, :2].T, *cells.size_mm[:, :2].T)
            values = {name: column.tolist() for name, column in zip(_OF_OWN_CELLS, columns, strict=True)}
        return cls(
            number=detector.n_cells,
            layers=len(detector.layers),
            cells_x=detector.cells_x,
            cells_y=detector.cells_y,
            front_mm=tuple(detector.layer_edges_mm[:, 0].tolist()),
            back_mm=tuple(detector.layer_edges_mm[:, 1].tolist()),
            **values,
        )


class OnnxDescription(StrictConfig):
    """Everything in an exported file but the graph.

    Parameters
    ----------
    format
        What the file says it is.
    kind
        ``shower-generator`` or ``energy-regression``.
    family
        Kind of the network.
    name, description, licence
        Name of the recipe, one line about the model, licence of its weights.
    frame
        Frame and conventions.
    detector
        The calorimeter.
    cells
        Its cells, as the graph has them.
    inputs, outputs
        Inputs and outputs in the graph's order.
    normalisation
        What the graph does to its inputs and the network's outputs, for the record: it is done inside.
    threshold_mev
        Of generators: a cell is hit if its deposit exceeds this, in MeV.
    position_plane_mm
        The plane z at which x and y of `valid_range` hold, in mm.
    valid_range
        Lowest and highest of each quantity of the incident particles that the model was trained on (MeV, rad,
        mm).
    particles
        Particle Data Group codes that it was trained on.
    primaries
        Settings of the incident particles it was trained on, if they are known.
    seed, n_train, data_fingerprint
        Seed of the training, number and fingerprint of the showers it saw.
    versions
        Versions of the software that trained the model and (``export ...``) that wrote this file.
    """

    format: Literal["showerkit-onnx-1"] = ONNX_FORMAT
    kind: Literal["shower-generator", "energy-regression"]
    family: str
    name: str
    description: str = ""
    licence: str
    frame: str = FRAME
    detector: Calorimeter
    cells: CellMap
    inputs: tuple[OnnxInput, ...] = Field(min_length=1)
    outputs: tuple[OnnxOutput, ...] = Field(min_length=1)
    normalisation: dict[str, JsonValue]
    threshold_mev: float | None = None
    position_plane_mm: float
    valid_range: dict[str, tuple[float, float]]
    particles: tuple[int, ...]
    primaries: dict[str, Any] | None = None
    seed: int | None = None
    n_train: int
    data_fingerprint: str
    versions: dict[str, str]

    def properties(self) -> dict[str, str]:
        """Give the description as the texts by key that an ONNX file holds."""
        values = self.model_dump(mode="json")
        flat = {WHOLE: json.dumps(values, sort_keys=True)}
        for section in _FLAT:
            _flatten(section, values[section], flat)
        for given in values["inputs"]:
            _flatten(f"input.{given['name']}", given, flat)
        for made in values["outputs"]:
            _flatten(f"output.{made['name']}", made, flat)
        return flat

    @classmethod
    def from_properties(cls, properties: Mapping[str, str], source: str) -> Self:
        """Read what `properties` wrote.

        Parameters
        ----------
        properties
            Texts by key.
        source
            Where they come from, for the message.

        Raises
        ------
        CheckpointError
            If the file is no export of showerkit, or its description is damaged.
        """
        expected = f"a file written by 'showerkit export' ({ONNX_FORMAT})"
        if WHOLE not in properties:
            raise CheckpointError(
                source, got="an ONNX file without showerkit's description", expected=expected
            )
        try:
            values = json.loads(properties[WHOLE])
        except (ValueError, RecursionError):
            raise CheckpointError(source, got="a description that is no JSON", expected=expected) from None
        if not isinstance(values, dict) or values.get("format") != ONNX_FORMAT:
            found = values.get("format") if isinstance(values, dict) else values
            raise CheckpointError(source, got=f"format {found!r}", expected=expected)
        return parse_config(cls, values, source=source, error=CheckpointError)


def _flatten(key: str, value: JsonValue, into: dict[str, str]) -> None:
    """Write every value that is no mapping under its dotted key; lists as numbers with spaces between."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(f"{key}.{name}", inner, into)
    elif isinstance(value, list):
        into[key] = " ".join(str(item) for item in value)
    elif value is not None:
        into[key] = str(value)
