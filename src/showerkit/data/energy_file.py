"""Read files of reconstructed energies, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.column_file import ColumnFile
from showerkit.data.energy_schema import (
    ENERGY_COLUMNS,
    ENERGY_SCHEMA_NAME,
    EnergyFileMetadata,
    energy_metadata_from_attributes,
)
from showerkit.data.energy_writer import EnergyWriter
from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.data.records import IncidentParticles
from showerkit.data.shard import says_schema
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column

__all__ = ["EnergyFile", "EnergyFileMetadata", "EnergyWriter", "is_energy_file"]


def is_energy_file(path: Path | str) -> bool:
    """Whether a file says that it holds reconstructed energies; False for whatever cannot be read."""
    return says_schema(path, ENERGY_SCHEMA_NAME)


class EnergyFile(ColumnFile[tuple[ReconstructedEnergies, IncidentParticles]]):
    """A file of reconstructed energies; a context manager.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileFormatError
        In one line, if the file is missing, of another format, truncated, of a newer schema, or lacks or
        contradicts something; on reading also for values that make no sense.

    Examples
    --------
    >>> try:
    ...     EnergyFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    content = "events"
    mend = "reconstruct the energies again"
    metadata: EnergyFileMetadata

    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""
        self.metadata = energy_metadata_from_attributes(attributes, str(self.path))
        if ("interval_low" in self._file) != ("interval_high" in self._file):
            raise FileFormatError(f"{self.path}: interval_low and interval_high", got="one", expected="both")
        return ENERGY_COLUMNS

    def record(self, columns: dict[str, NDArray[Any]]) -> tuple[ReconstructedEnergies, IncidentParticles]:
        """Put energies and the true particles together."""

        def flat(name: str) -> Any:
            return columns[name][:, 0] if name in columns else None

        energies = ReconstructedEnergies(
            columns["event_id"],
            flat("reconstructed_energies"),
            flat("reconstructed_sigmas"),
            flat("interval_low"),
            flat("interval_high"),
        )
        incident = IncidentParticles(
            columns["incident_pdg"],
            flat("incident_energies"),
            columns["incident_momentum"],
            columns["incident_position"],
        )
        return energies, incident
