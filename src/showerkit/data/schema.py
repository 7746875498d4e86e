"""The schema of a shower file: its datasets, their shapes and types, and its attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field, JsonValue

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import FileFormatError
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.units import FILE_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_NAME: Final = "showerkit-showers"
SCHEMA_VERSION: Final = 1
#: One compressed chunk of the showers holds about this many bytes before compression.
_CHUNK_BYTES: Final = 2**19


@dataclass(frozen=True)
class DatasetSchema:
    """One dataset of a shower file: (N, *columns), where the column count "cells" is the detector's."""

    name: str
    dtype: np.dtype[Any]
    columns: tuple[int | Literal["cells"], ...]
    unit: str
    required: bool = True

    def shape(self, events: int, cells: int) -> tuple[int, ...]:
        """Shape for a number of events and cells."""
        return (events, *(cells if column == "cells" else column for column in self.columns))


_FLOAT = np.dtype("<f4")
DATASETS: Final = (
    DatasetSchema("incident_energies", _FLOAT, (1,), "MeV"),
    DatasetSchema("showers", _FLOAT, ("cells",), "MeV"),
    DatasetSchema("incident_pdg", np.dtype("<i4"), (), ""),
    DatasetSchema("incident_momentum", _FLOAT, (3,), "MeV"),
    DatasetSchema("incident_position", _FLOAT, (3,), "mm"),
    DatasetSchema("event_id", np.dtype("<i8"), (), ""),
    DatasetSchema("charged_tracks", _FLOAT, ("cells",), "", required=False),
    DatasetSchema("mask_probability", _FLOAT, ("cells",), "", required=False),
)


def events_per_chunk(cells: int) -> int:
    """Events in one chunk of every dataset: a power of two from 1 to 1024, by the size of a shower."""
    fitting = max(1, min(1024, _CHUNK_BYTES // (4 * cells)))
    return 1 << (fitting.bit_length() - 1)


class FileMetadata(StrictConfig):
    """What a shower file says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    generator
        What made the showers, with its version (``"Geant4 11.4.1"``) or a model's name.
    kind
        ``"geant4"`` for a simulation, ``"model"`` for a surrogate.
    detector
        The calorimeter.
    seed
        The seed the file was made with.
    versions
        Versions of the software, by package.
    physics_data
        Which Geant4 data were used, if any.
    settings
        Further settings, such as the distributions of the primaries and the production cut.
    """

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    generator: str = Field(min_length=1)
    kind: Literal["geant4", "model"]
    detector: Calorimeter
    seed: int = Field(ge=0, lt=2**63)
    versions: dict[str, str] = Field(default_factory=dict)
    physics_data: str | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        attributes: dict[str, str | int] = {
            "schema": SCHEMA_NAME,
            "schema_version": self.schema_version,
            "units": json.dumps(FILE_UNITS, sort_keys=True),
            "generator": self.generator,
            "kind": self.kind,
            "detector": self.detector.model_dump_json(),
            "seed": self.seed,
            "versions": json.dumps(self.versions, sort_keys=True),
            "settings": json.dumps(self.settings, sort_keys=True, allow_nan=False),
        }
        if self.physics_data is not None:
            attributes["physics_data"] = self.physics_data
        return attributes


def metadata_from_attributes(attributes: Mapping[str, Any], source: str) -> FileMetadata:
    """Rebuild a file's metadata from its attributes.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.
    source
        The file's name, for messages.

    Returns
    -------
    FileMetadata
        The metadata.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    if attributes.get("schema") != SCHEMA_NAME:
        raise FileFormatError(
            f"{source}",
            got="an HDF5 file without showerkit's attributes"
            + (" (a plain CaloChallenge file?)" if "schema" not in attributes else " (of another schema)"),
            expected=f"attribute 'schema' = '{SCHEMA_NAME}'",
            mend="write it anew with showerkit.data.shower_file.ShowerWriter, which stores the detector",
        )
    version = attributes.get("schema_version")
    if not isinstance(version, int | np.integer):
        raise FileFormatError(
            f"{source}: attribute 'schema_version'", got=repr(version), expected="an integer"
        )
    if not 1 <= version <= SCHEMA_VERSION:
        raise FileFormatError(
            f"{source}: attribute 'schema_version'",
            got=int(version),
            expected=f"1 to {SCHEMA_VERSION}",
            mend="update showerkit" if version > SCHEMA_VERSION else None,
        )
    values: dict[str, Any] = {"schema_version": int(version)}
    for name in ("generator", "kind", "physics_data"):
        if name in attributes:
            values[name] = attributes[name]
    if "seed" in attributes:
        seed = attributes["seed"]
        values["seed"] = int(seed) if isinstance(seed, int | np.integer) else seed
    for name in ("detector", "versions", "settings"):
        if name in attributes:
            values[name] = _json_attribute(attributes[name], f"{source}: attribute '{name}'")
    return parse_config(FileMetadata, values, source=source, error=FileFormatError)


def _json_attribute(text: object, what: str) -> object:
    if not isinstance(text, str):
        raise FileFormatError(what, got=type(text).__name__, expected="a JSON text")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise FileFormatError(what, got=f"no valid JSON ({broken})", expected="a JSON text") from None
