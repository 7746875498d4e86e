"""The schema of a file of calibrated jets: its datasets and attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import Field, JsonValue

from showerkit.configuration import StrictConfig
from showerkit.data.column_writer import Column
from showerkit.data.file_attributes import parse_attributes, require_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

CALIBRATED_SCHEMA_NAME: Final = "showerkit-calibrated-jets"
CALIBRATED_SCHEMA_VERSION: Final = 1
CALIBRATED_UNITS: Final = {"momentum": "GeV"}
#: Jets of one compressed chunk, and of one portion that is written.
CALIBRATED_PER_CHUNK: Final = 2**14
_JSON_ATTRIBUTES: Final = ("model", "versions")

#: The datasets, in the order they are written; row by row those of the file of matched jets.
CALIBRATED_COLUMNS: Final = (
    *(
        Column(name, np.dtype("<f4"), (), CALIBRATED_PER_CHUNK, "GeV")
        for name in ("pt_gev", "sigma_gev", "low_gev", "high_gev")
    ),
    Column("event_id", np.dtype("<i8"), (), CALIBRATED_PER_CHUNK),
)


class CalibratedJetMetadata(StrictConfig):
    """What a file of calibrated jets says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    model
        What calibrated the jets, as it describes itself.
    jet_fingerprint
        SHA-256 of the file of matched jets.
    jet_generator
        What made those jets, with its version.
    versions
        Versions of the software, by package.
    """

    schema_version: int = Field(default=CALIBRATED_SCHEMA_VERSION, ge=1, le=CALIBRATED_SCHEMA_VERSION)
    model: dict[str, JsonValue]
    jet_fingerprint: str = Field(min_length=1)
    jet_generator: str = Field(min_length=1)
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def model_name(self) -> str:
        """Name of the model, or its kind if it has none.

        Examples
        --------
        >>> told = {"model": {"kind": "particle-flow"}, "jet_fingerprint": "0", "jet_generator": "toy"}
        >>> CalibratedJetMetadata(**told).model_name
        'particle-flow'
        """
        return str(self.model.get("name") or self.model.get("kind") or "model")

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        return {
            "schema": CALIBRATED_SCHEMA_NAME,
            "schema_version": self.schema_version,
            "units": json.dumps(CALIBRATED_UNITS, sort_keys=True),
            "model": json.dumps(self.model, sort_keys=True, allow_nan=False),
            "jet_fingerprint": self.jet_fingerprint,
            "jet_generator": self.jet_generator,
            "versions": json.dumps(self.versions, sort_keys=True),
        }


def calibrated_metadata_from_attributes(attributes: Mapping[str, Any], source: str) -> CalibratedJetMetadata:
    """Rebuild the metadata of a file of calibrated jets from its attributes.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.
    source
        The file's name, for messages.

    Returns
    -------
    CalibratedJetMetadata
        The metadata.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    require_schema(
        attributes,
        CALIBRATED_SCHEMA_NAME,
        source=source,
        mend="calibrate matched jets with showerkit reconstruct",
    )
    return parse_attributes(CalibratedJetMetadata, attributes, _JSON_ATTRIBUTES, source=source)
