"""The schema of a file of matched jets: its datasets, their shapes and types, and its attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field, JsonValue

from showerkit.configuration import StrictConfig
from showerkit.data.column_writer import Column
from showerkit.data.file_attributes import parse_attributes, require_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

CALIBRATION_SCHEMA_NAME: Final = "showerkit-calibration-jets"
CALIBRATION_SCHEMA_VERSION: Final = 1
#: What the last axis of a dataset holds, in this order.
CALIBRATION_COLUMNS: Final = {
    "candidates": ["pt_gev", "eta", "phi"],
    "true_jet": ["pt_gev", "eta", "phi", "mass_gev"],
    "detector_jet": ["pt_gev", "eta", "phi", "mass_gev"],
}
CALIBRATION_UNITS: Final = {"momentum": "GeV", "mass": "GeV", "angle": "rad", "density": "GeV"}
_JSON_ATTRIBUTES: Final = ("versions", "settings")
#: One compressed chunk of the candidates holds at most about this many bytes before compression.
_CHUNK_BYTES: Final = 2**20


def calibration_jets_per_chunk(constituents: int) -> int:
    """Jets in one compressed chunk, and in one portion that is written: a power of two from 1 to 4096.

    Examples
    --------
    >>> calibration_jets_per_chunk(100)
    512
    """
    return int(min(4096, 1 << (max(1, _CHUNK_BYTES // (14 * constituents)).bit_length() - 1)))


def calibration_columns(constituents: int) -> list[Column]:
    """List the datasets of a file of matched jets, in the order they are written.

    Charges and classes lie apart from the momenta, as single bytes: there they compress to almost nothing.

    Parameters
    ----------
    constituents
        Most candidates kept of a jet.
    """
    number, byte, chunk = np.dtype("<f4"), np.dtype("i1"), calibration_jets_per_chunk(constituents)
    return [
        Column("candidates", number, (constituents, 3), chunk),
        Column("candidate_charge", byte, (constituents,), chunk),
        Column("candidate_class", byte, (constituents,), chunk),
        Column("true_jet", number, (4,), chunk),
        Column("detector_jet", number, (4,), chunk),
        Column("n_candidates", np.dtype("<i4"), (), chunk),
        Column("flavour", np.dtype("<i4"), (), chunk),
        Column("pile_up", number, (), chunk),
        Column("rho", number, (), chunk, "GeV"),
        Column("weight", np.dtype("<f8"), (), chunk),
        Column("event_id", np.dtype("<i8"), (), chunk),
    ]


class CalibrationFileMetadata(StrictConfig):
    """What a file of matched jets says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    generator
        What made the jets, with its version (``"Pythia 8.317"``).
    kind
        ``"pythia8"`` for a simulation, ``"toy"`` for jets drawn from formulas.
    process
        What scattered, such as ``"qcd"``.
    constituents
        Most candidates kept of a jet.
    seed
        The seed the file was made with.
    versions
        Versions of the software, by package.
    settings
        How the events were made and the jets found, and the detector.
    """

    schema_version: int = Field(default=CALIBRATION_SCHEMA_VERSION, ge=1, le=CALIBRATION_SCHEMA_VERSION)
    generator: str = Field(min_length=1)
    kind: Literal["pythia8", "toy"]
    process: str = Field(min_length=1)
    constituents: int = Field(ge=1)
    seed: int = Field(ge=0, lt=2**63)
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, JsonValue] = Field(default_factory=dict)

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        return {
            "schema": CALIBRATION_SCHEMA_NAME,
            "schema_version": self.schema_version,
            "units": json.dumps(CALIBRATION_UNITS, sort_keys=True),
            "columns": json.dumps(CALIBRATION_COLUMNS, sort_keys=True),
            "generator": self.generator,
            "kind": self.kind,
            "process": self.process,
            "constituents": self.constituents,
            "seed": self.seed,
            "versions": json.dumps(self.versions, sort_keys=True),
            "settings": json.dumps(self.settings, sort_keys=True, allow_nan=False),
        }


def calibration_metadata_from_attributes(
    attributes: Mapping[str, Any], source: str
) -> CalibrationFileMetadata:
    """Rebuild the metadata of a file of matched jets from its attributes.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.
    source
        The file's name, for messages.

    Returns
    -------
    CalibrationFileMetadata
        The metadata.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    require_schema(
        attributes,
        CALIBRATION_SCHEMA_NAME,
        source=source,
        mend="make matched jets with showerkit simulate-calibration-jets",
    )
    return parse_attributes(CalibrationFileMetadata, attributes, _JSON_ATTRIBUTES, source=source)
