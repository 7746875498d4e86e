"""The schema of a file of reconstructed energies: its datasets and attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field, JsonValue

from showerkit.configuration import StrictConfig
from showerkit.data.column_writer import Column
from showerkit.data.file_attributes import parse_attributes, require_schema
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.units import FILE_UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

ENERGY_SCHEMA_NAME: Final = "showerkit-energies"
ENERGY_SCHEMA_VERSION: Final = 1
#: Events of one compressed chunk, and of one portion that is written.
EVENTS_PER_CHUNK: Final = 2**14

_FLOAT = np.dtype("<f4")
#: The datasets, in the order they are written.
ENERGY_COLUMNS: Final = (
    Column("event_id", np.dtype("<i8"), (), EVENTS_PER_CHUNK),
    Column("incident_energies", _FLOAT, (1,), EVENTS_PER_CHUNK, "MeV"),
    Column("incident_pdg", np.dtype("<i4"), (), EVENTS_PER_CHUNK),
    Column("incident_momentum", _FLOAT, (3,), EVENTS_PER_CHUNK, "MeV"),
    Column("incident_position", _FLOAT, (3,), EVENTS_PER_CHUNK, "mm"),
    Column("reconstructed_energies", _FLOAT, (1,), EVENTS_PER_CHUNK, "MeV"),
    Column("reconstructed_sigmas", _FLOAT, (1,), EVENTS_PER_CHUNK, "MeV", optional=True),
    Column("interval_low", _FLOAT, (1,), EVENTS_PER_CHUNK, "MeV", optional=True),
    Column("interval_high", _FLOAT, (1,), EVENTS_PER_CHUNK, "MeV", optional=True),
)
_JSON_ATTRIBUTES: Final = ("detector", "model", "versions", "shower_settings")


class EnergyFileMetadata(StrictConfig):
    """What a file of reconstructed energies says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    kind
        Always ``"reconstruction"``.
    detector
        The calorimeter of the showers.
    model
        What reconstructed the energies, as it describes itself.
    shower_fingerprint
        SHA-256 of the shower file.
    shower_generator
        What made the showers, with its version.
    shower_settings
        How they were made, such as the distributions of the primaries.
    physics_data
        Which Geant4 data the showers were made with, if any.
    versions
        Versions of the software, by package.
    """

    schema_version: int = Field(default=ENERGY_SCHEMA_VERSION, ge=1, le=ENERGY_SCHEMA_VERSION)
    kind: Literal["reconstruction"] = "reconstruction"
    detector: Calorimeter
    model: dict[str, JsonValue]
    shower_fingerprint: str = Field(min_length=1)
    shower_generator: str = Field(min_length=1)
    shower_settings: dict[str, JsonValue] = Field(default_factory=dict)
    physics_data: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def model_name(self) -> str:
        """Name of the model, or its kind if it has none."""
        return str(self.model.get("name") or self.model.get("kind") or "model")

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        attributes: dict[str, str | int] = {
            "schema": ENERGY_SCHEMA_NAME,
            "schema_version": self.schema_version,
            "units": json.dumps(FILE_UNITS, sort_keys=True),
            "kind": self.kind,
            "detector": self.detector.model_dump_json(),
            "model": json.dumps(self.model, sort_keys=True, allow_nan=False),
            "shower_fingerprint": self.shower_fingerprint,
            "shower_generator": self.shower_generator,
            "shower_settings": json.dumps(self.shower_settings, sort_keys=True, allow_nan=False),
            "versions": json.dumps(self.versions, sort_keys=True),
        }
        if self.physics_data is not None:
            attributes["physics_data"] = self.physics_data
        return attributes


def approximate_physics(physics_data: str | None) -> bool:
    """Whether the showers were made with tables that only approximate Geant4's data.

    Examples
    --------
    >>> approximate_physics("approximate neutron tables"), approximate_physics(None)
    (True, False)
    """
    return physics_data is not None and "approximate" in physics_data.lower()


def energy_metadata_from_attributes(attributes: Mapping[str, Any], source: str) -> EnergyFileMetadata:
    """Rebuild the metadata of a file of energies from its attributes.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.
    source
        The file's name, for messages.

    Returns
    -------
    EnergyFileMetadata
        The metadata.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    require_schema(
        attributes, ENERGY_SCHEMA_NAME, source=source, mend="give a file that showerkit reconstruct wrote"
    )
    return parse_attributes(EnergyFileMetadata, attributes, _JSON_ATTRIBUTES, source=source)
