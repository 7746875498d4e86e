"""Write reconstructed energies to HDF5: the same bytes, whatever the portions they were appended in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.column_writer import ColumnWriter
from showerkit.data.energy_schema import ENERGY_COLUMNS, EVENTS_PER_CHUNK
from showerkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column
    from showerkit.data.energy_schema import EnergyFileMetadata
    from showerkit.data.reconstructed import ReconstructedEnergies
    from showerkit.data.records import IncidentParticles


class EnergyWriter(ColumnWriter):
    """Write a file of reconstructed energies; use it as a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception a former file
    of that name is as it was.

    Parameters
    ----------
    path
        The file to write.
    metadata
        What the file says about itself.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    DataError
        If the file exists, cannot be written (disk full), or the energies do not fit the particles.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from showerkit.data.energy_file import EnergyFile
    >>> from showerkit.data.energy_schema import EnergyFileMetadata
    >>> from showerkit.data.reconstructed import ReconstructedEnergies
    >>> from showerkit.data.records import IncidentParticles
    >>> from showerkit.geometry import load_detector
    >>> metadata = EnergyFileMetadata(
    ...     detector=load_detector("toy-hcal"), model={"name": "example"}, shower_fingerprint="0" * 64,
    ...     shower_generator="example",
    ... )
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> path = Path(tempfile.mkdtemp()) / "energies.h5"
    >>> with EnergyWriter(path, metadata) as writer:
    ...     writer.append(ReconstructedEnergies([0], [990.0]), one)
    >>> with EnergyFile(path) as energies:
    ...     energies.read()[0].energy_mev.tolist()
    [990.0]
    """

    def __init__(self, path: Path | str, metadata: EnergyFileMetadata, *, overwrite: bool = False) -> None:
        self.metadata = metadata
        super().__init__(path, metadata.to_attributes(), EVENTS_PER_CHUNK, overwrite=overwrite)

    def columns_when_empty(self) -> list[Column]:
        """The columns that every file has."""
        return [column for column in ENERGY_COLUMNS if not column.optional]

    def append(self, energies: ReconstructedEnergies, incident: IncidentParticles) -> None:
        """Append energies with the particles that they belong to.

        Raises
        ------
        DataError
            If their numbers differ, they lack a quantity that former ones had, or the disk is full.
        """
        if len(energies) != len(incident):
            raise DataError(
                f"{self.path}: reconstructed energies",
                got=f"{len(energies)} for {len(incident)} showers",
                expected="one a shower",
            )
        columns = _columns(energies, incident)
        if self._names is None:
            self.create([column for column in ENERGY_COLUMNS if column.name in columns])
        self.append_columns(columns)


def _columns(energies: ReconstructedEnergies, incident: IncidentParticles) -> dict[str, NDArray[Any]]:
    """The arrays of the datasets that there are, in the file's order."""
    columns: dict[str, NDArray[Any] | None] = {
        "event_id": energies.event_id,
        "incident_energies": incident.energy_mev,
        "incident_pdg": incident.pdg,
        "incident_momentum": incident.momentum_mev,
        "incident_position": incident.position_mm,
        "reconstructed_energies": energies.energy_mev,
        "reconstructed_sigmas": energies.sigma_mev,
        "interval_low": energies.low_mev,
        "interval_high": energies.high_mev,
    }
    return {
        column.name: values.reshape(len(energies), *column.shape)
        for column in ENERGY_COLUMNS
        if (values := columns[column.name]) is not None
    }
