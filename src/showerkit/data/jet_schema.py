"""The schema of a file of jets: its datasets, their shapes and types, and its attributes."""

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

#: The dataset of absolute momenta, which a file may lack.
MOMENTA: Final = "particle_momenta"
JET_SCHEMA_NAME: Final = "showerkit-jets"
JET_SCHEMA_VERSION: Final = 1
#: What the last axis of a dataset holds, in this order; the particles' part is that of JetNet's files.
JET_COLUMNS: Final = {
    "particle_features": ["eta_rel", "phi_rel", "pt_rel", "mask"],
    "jet_features": ["type", "pt_gev", "eta", "mass_gev", "n_particles"],
    "particle_momenta": ["px_gev", "py_gev", "pz_gev"],
}
JET_UNITS: Final = {"momentum": "GeV", "mass": "GeV", "angle": "rad"}
_JSON_ATTRIBUTES: Final = ("versions", "settings")
#: One compressed chunk of the particles holds at most about this many bytes before compression.
_CHUNK_BYTES: Final = 2**20


def jets_per_chunk(constituents: int) -> int:
    """Jets in one compressed chunk, and in one portion that is written: a power of two from 1 to 4096.

    Examples
    --------
    >>> jets_per_chunk(30), jets_per_chunk(150)
    (2048, 256)
    """
    return int(min(4096, 1 << (max(1, _CHUNK_BYTES // (16 * constituents)).bit_length() - 1)))


def jet_columns(constituents: int, *, with_momenta: bool) -> list[Column]:
    """List the datasets of a file of jets, in the order they are written.

    Parameters
    ----------
    constituents
        Most particles a jet can have.
    with_momenta
        Whether absolute momenta of the particles are kept.
    """
    number, chunk = np.dtype("<f4"), jets_per_chunk(constituents)
    columns = [
        Column("particle_features", number, (constituents, 4), chunk),
        Column("jet_features", number, (5,), chunk),
        Column("event_id", np.dtype("<i8"), (), chunk),
    ]
    if with_momenta:
        columns.append(Column(MOMENTA, number, (constituents, 3), chunk, "GeV", optional=True))
    return columns


class JetFileMetadata(StrictConfig):
    """What a file of jets says about itself.

    Parameters
    ----------
    schema_version
        Version of the file's schema.
    generator
        What made the jets, with its version (``"Pythia 8.317"``) or a model's name.
    kind
        ``"pythia8"`` for a simulation, ``"model"`` for a surrogate.
    process
        What starts the jets, such as ``"t"``, or several, such as ``"g,q,t"``.
    constituents
        Most particles a jet can have.
    seed
        The seed the file was made with.
    versions
        Versions of the software, by package.
    settings
        Further settings, such as how the events were generated and the jets found.
    """

    schema_version: int = Field(default=JET_SCHEMA_VERSION, ge=1, le=JET_SCHEMA_VERSION)
    generator: str = Field(min_length=1)
    kind: Literal["pythia8", "model"]
    process: str = Field(min_length=1)
    constituents: int = Field(ge=1)
    seed: int = Field(ge=0, lt=2**63)
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, JsonValue] = Field(default_factory=dict)

    def to_attributes(self) -> dict[str, str | int]:
        """Give the attributes of the HDF5 file, in the order they are written."""
        return {
            "schema": JET_SCHEMA_NAME,
            "schema_version": self.schema_version,
            "units": json.dumps(JET_UNITS, sort_keys=True),
            "columns": json.dumps(JET_COLUMNS, sort_keys=True),
            "generator": self.generator,
            "kind": self.kind,
            "process": self.process,
            "constituents": self.constituents,
            "seed": self.seed,
            "versions": json.dumps(self.versions, sort_keys=True),
            "settings": json.dumps(self.settings, sort_keys=True, allow_nan=False),
        }


def jet_metadata_from_attributes(attributes: Mapping[str, Any], source: str) -> JetFileMetadata:
    """Rebuild the metadata of a file of jets from its attributes.

    Parameters
    ----------
    attributes
        The attributes of the HDF5 root.
    source
        The file's name, for messages.

    Returns
    -------
    JetFileMetadata
        The metadata.

    Raises
    ------
    FileFormatError
        If the file is foreign, of a newer schema, or an attribute is missing or wrong.
    """
    require_schema(
        attributes,
        JET_SCHEMA_NAME,
        source=source,
        mend="read files of others with showerkit.data.jetnet_file or showerkit.data.hls4ml_file",
        without="none (a file of JetNet or HLS4ML?)",
    )
    return parse_attributes(JetFileMetadata, attributes, _JSON_ATTRIBUTES, source=source)
