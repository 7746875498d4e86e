"""Read files of reconstructed energies, in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from showerkit.data.energy_schema import (
    ENERGY_DATASETS,
    ENERGY_SCHEMA_NAME,
    EVENTS_PER_CHUNK,
    EnergyFileMetadata,
    energy_metadata_from_attributes,
)
from showerkit.data.energy_writer import EnergyWriter
from showerkit.data.own_dataset import own_dataset
from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.data.records import IncidentParticles
from showerkit.data.shard import open_hdf5, reading, says_schema
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["EnergyFile", "EnergyFileMetadata", "EnergyWriter", "is_energy_file"]


def is_energy_file(path: Path | str) -> bool:
    """Whether a file says that it holds reconstructed energies; False for whatever cannot be read."""
    return says_schema(path, ENERGY_SCHEMA_NAME)


class EnergyFile:
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

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                self.metadata = energy_metadata_from_attributes(dict(self._file.attrs), str(self.path))
                self.names, self._n_events = self._check_datasets()
        except FileFormatError:
            self.close()
            raise

    def _check_datasets(self) -> tuple[tuple[str, ...], int]:
        names: list[str] = []
        events: int | None = None
        for spec in ENERGY_DATASETS:
            dataset = own_dataset(self._file, self.path, spec.name)
            what = f"{self.path}: dataset '{spec.name}'"
            if dataset is None:
                if spec.required:
                    raise FileFormatError(f"{what} is missing", mend="reconstruct the energies again")
                continue
            if dataset.dtype != spec.dtype:
                raise FileFormatError(what, got=f"type {dataset.dtype}", expected=f"type {spec.dtype}")
            if events is None and dataset.ndim > 0:
                events = int(dataset.shape[0])
            expected = spec.shape(events or 0, 0)
            if dataset.shape != expected:
                raise FileFormatError(what, got=f"shape {dataset.shape}", expected=f"shape {expected}")
            names.append(spec.name)
        if ("interval_low" in names) != ("interval_high" in names):
            raise FileFormatError(f"{self.path}: interval_low and interval_high", got="one", expected="both")
        return tuple(names), events or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return self._n_events

    def read(
        self, start: int = 0, stop: int | None = None
    ) -> tuple[ReconstructedEnergies, IncidentParticles]:
        """Read energies and the true particles, start to stop (default: to the end).

        Raises
        ------
        FileFormatError
            If the rows cannot be read or hold values that make no sense.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise DataError(
                f"{self.path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {len(self)}"
            )
        with reading(self.path):
            columns: dict[str, NDArray[Any]] = {
                name: np.asarray(self._file[name][start:stop]) for name in self.names
            }

        def flat(name: str) -> Any:
            return columns[name][:, 0] if name in columns else None

        try:
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
        except DataError as wrong:
            raise FileFormatError(f"{self.path}, events {start} to {stop - 1}: {wrong}") from None
        return energies, incident

    def iterate(
        self, batch_size: int = EVENTS_PER_CHUNK
    ) -> Iterator[tuple[ReconstructedEnergies, IncidentParticles]]:
        """Read all energies in order, `batch_size` at a time."""
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        for start in range(0, len(self), batch_size):
            yield self.read(start, min(start + batch_size, len(self)))
