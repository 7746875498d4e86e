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
#: What else showerkit's files hold, by their schema.
_OTHER_CONTENTS: Final = {
    "showerkit-jets": "jets",
    "showerkit-calibration-jets": "matched jets",
    "showerkit-calibrated-jets": "calibrated jets",
    "showerkit-energies": "reconstructed energies",
    "showerkit-images": "sparse images",
}
SCHEMA_VERSION: Final = 1
#: One compressed chunk of the showers holds about this many bytes before compression.
_CHUNK_BYTES: Final = 2**19
#: Events are written in portions of at most about this many bytes.
_PORTION_BYTES: Final = 2**25


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
    """Events in one chunk of the datasets by cell: a power of two from 1 to 1024, by the number of cells."""
    return _power_of_two(max(1, min(1024, _CHUNK_BYTES // (4 * cells))))


def events_per_portion(cells: int) -> int:
    """Events that are written at once, a multiple of `events_per_chunk`: one chunk of the small datasets."""
    return max(events_per_chunk(cells), _power_of_two(max(1, min(256, _PORTION_BYTES // (4 * cells)))))


def _power_of_two(number: int) -> int:
    """Round down to a power of two."""
    return 1 << (number.bit_length() - 1)


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

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> about = FileMetadata(generator="mine 1.0", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    >>> about.detector.n_cells, about.physics_data
    (400, None)
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
    values, wrong = attribute_values(attributes)
    if wrong:
        raise FileFormatError(f"{source}: {wrong[0]}")
    return parse_config(FileMetadata, values, source=source, error=FileFormatError)


def _no_showers(schema: object) -> FileFormatError:
    """Say what a file is that is not one of showers."""
    content = _OTHER_CONTENTS.get(str(schema))
    if content is not None:
        return FileFormatError(
            "attribute 'schema'",
            got=f"'{schema}', a file of {content}",
            expected=f"showers ('{SCHEMA_NAME}')",
        )
    other = "of another schema" if schema is not None else "a plain CaloChallenge file?"
    return FileFormatError(
        "attribute 'schema'",
        got=f"an HDF5 file without showerkit's attributes ({other})",
        expected=f"'{SCHEMA_NAME}'",
        mend="showerkit convert it, or write it anew with showerkit.ShowerWriter, which stores the detector",
    )


def attribute_values(attributes: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Read the attributes of a file as far as they can be read.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.

    Returns
    -------
    tuple
        The values for `FileMetadata`, and a line for every attribute that cannot be read.
    """
    if attributes.get("schema") != SCHEMA_NAME:
        return {}, [str(_no_showers(attributes.get("schema")))]
    version = attributes.get("schema_version")
    newer = isinstance(version, int | np.integer) and version > SCHEMA_VERSION
    if not isinstance(version, int | np.integer) or not 1 <= version <= SCHEMA_VERSION:
        unknown = FileFormatError(
            "attribute 'schema_version'",
            got=version if isinstance(version, np.integer) else repr(version),
            expected=f"a whole number from 1 to {SCHEMA_VERSION}",
            mend="update showerkit" if newer else None,
        )
        return {}, [str(unknown)]
    values: dict[str, Any] = {"schema_version": int(version)}
    wrong = []
    for name in FileMetadata.model_fields:
        value = attributes.get(name)
        if name == "schema_version" or value is None:
            continue
        if name not in ("detector", "versions", "settings"):
            values[name] = value.item() if isinstance(value, np.generic) else value
            continue
        try:
            values[name] = _from_json(value)
        except (TypeError, ValueError, RecursionError) as broken:
            message = FileFormatError(
                f"attribute '{name}'", got=f"no valid JSON ({broken})", expected="a JSON text"
            )
            wrong.append(str(message))
    return values, wrong


def _from_json(text: object) -> object:
    if not isinstance(text, str):
        raise TypeError(f"it is a {type(text).__name__}")
    return json.loads(text)
