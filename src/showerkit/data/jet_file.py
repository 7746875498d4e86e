"""Read files of jets in bounded memory; every damage is told in one line."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import h5py
import numpy as np

from showerkit.data.jet_records import Jets
from showerkit.data.jet_schema import (
    JET_SCHEMA_NAME,
    JetFileMetadata,
    jet_columns,
    jet_metadata_from_attributes,
)
from showerkit.data.jet_writer import JetWriter
from showerkit.data.own_dataset import own_dataset
from showerkit.data.shard import open_hdf5, reading, says_schema
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["JetFile", "JetFileMetadata", "JetWriter", "is_jet_file", "read_jets"]

_OPTIONAL: Final = "particle_momenta"


def is_jet_file(path: Path | str) -> bool:
    """Whether a file says that it holds jets; False for whatever cannot be read.

    Examples
    --------
    >>> is_jet_file("nowhere.h5")
    False
    """
    return says_schema(path, JET_SCHEMA_NAME)


class JetFile:
    """A file of jets; a context manager.

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
    ...     JetFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                self.metadata = jet_metadata_from_attributes(dict(self._file.attrs), str(self.path))
                self._datasets, self._n_jets = self._check_datasets()
        except FileFormatError:
            self.close()
            raise

    def _check_datasets(self) -> tuple[dict[str, h5py.Dataset], int]:
        found: dict[str, h5py.Dataset] = {}
        jets: int | None = None
        for column in jet_columns(self.metadata.constituents, with_momenta=True):
            dataset = own_dataset(self._file, self.path, column.name)
            what = f"{self.path}: dataset '{column.name}'"
            if dataset is None:
                if column.name == _OPTIONAL:
                    continue
                raise FileFormatError(f"{what} is missing", mend="write the file again")
            if dataset.dtype != column.dtype:
                raise FileFormatError(what, got=f"type {dataset.dtype}", expected=f"type {column.dtype}")
            if jets is None and dataset.ndim > 0:
                jets = int(dataset.shape[0])
            expected = (jets or 0, *column.shape)
            if dataset.shape != expected:
                raise FileFormatError(what, got=f"shape {dataset.shape}", expected=f"shape {expected}")
            found[column.name] = dataset
        return found, jets or 0

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
        return self._n_jets

    @property
    def has_momenta(self) -> bool:
        """Whether absolute momenta of the particles are kept."""
        return _OPTIONAL in self._datasets

    def read(self, start: int = 0, stop: int | None = None, *, optional: bool = True) -> Jets:
        """Read jets start to stop (default: to the end).

        Parameters
        ----------
        start, stop
            First and last-plus-one row.
        optional
            Whether to read absolute momenta too, where the file has them.

        Returns
        -------
        Jets
            The jets.

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
                name: np.asarray(dataset[start:stop])
                for name, dataset in self._datasets.items()
                if optional or name != _OPTIONAL
            }
        try:
            return _jets(columns)
        except DataError as wrong:
            raise FileFormatError(f"{self.path}, jets {start} to {stop - 1}: {wrong}") from None

    def iterate(self, batch_size: int) -> Iterator[Jets]:
        """Read all jets in order, `batch_size` at a time."""
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        for start in range(0, len(self), batch_size):
            yield self.read(start, min(start + batch_size, len(self)))

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes: the same jets and metadata have the same fingerprint anywhere."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def _jets(columns: dict[str, NDArray[Any]]) -> Jets:
    particles, properties = columns["particle_features"], columns["jet_features"]
    mask = particles[..., 3]
    if not np.isin(mask, (0.0, 1.0)).all():
        raise DataError("the mask in particle_features", got="other values", expected="0 or 1")
    if not np.isfinite(properties).all():
        raise DataError("jet_features", got="NaN or infinity", expected="finite values")
    jets = Jets(
        particles[..., :3],
        mask > 0,
        properties[:, 0],
        properties[:, 1],
        properties[:, 2],
        properties[:, 3],
        columns["event_id"],
        columns.get("particle_momenta"),
    )
    if (jets.n_particles != properties[:, 4]).any():
        bad = int(np.argmax(jets.n_particles != properties[:, 4]))
        raise DataError(
            f"jet_features[{bad}]: number of particles",
            got=float(properties[bad, 4]),
            expected=f"{jets.n_particles[bad]} as in the mask",
        )
    return jets


def read_jets(path: Path | str) -> Jets:
    """Read a whole file of jets into memory.

    Raises
    ------
    FileFormatError
        As for `JetFile`.
    """
    with JetFile(path) as file:
        return file.read()
