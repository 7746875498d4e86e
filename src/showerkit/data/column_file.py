"""Read columns of equal length from HDF5 in bounded memory; every damage is told in one line."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from showerkit.data.own_dataset import own_dataset
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column


class ColumnFile(ABC):
    """A file that a `showerkit.data.column_writer.ColumnWriter` wrote; a context manager.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileFormatError
        In one line, if the file is missing, of another format, truncated, of a newer schema, or lacks or
        contradicts something.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                columns = self.describe(dict(self._file.attrs))
                self._datasets, self._n_rows = self._checked(columns)
        except FileFormatError:
            self.close()
            raise

    @abstractmethod
    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""

    def _checked(self, columns: Sequence[Column]) -> tuple[dict[str, h5py.Dataset], int]:
        found: dict[str, h5py.Dataset] = {}
        rows: int | None = None
        for column in columns:
            dataset = own_dataset(self._file, self.path, column.name)
            what = f"{self.path}: dataset '{column.name}'"
            if dataset is None:
                raise FileFormatError(f"{what} is missing", mend="write the file again")
            if dataset.dtype != column.dtype:
                raise FileFormatError(what, got=f"type {dataset.dtype}", expected=f"type {column.dtype}")
            if rows is None and dataset.ndim > 0:
                rows = int(dataset.shape[0])
            expected = (rows or 0, *column.shape)
            if dataset.shape != expected:
                raise FileFormatError(what, got=f"shape {dataset.shape}", expected=f"shape {expected}")
            found[column.name] = dataset
        return found, rows or 0

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
        return self._n_rows

    def rows(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Read rows start to stop of all columns, by name.

        Raises
        ------
        DataError
            If there are no such rows.
        FileFormatError
            If they cannot be read.
        """
        if not 0 <= start <= stop <= len(self):
            raise DataError(
                f"{self.path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {len(self)}"
            )
        with reading(self.path):
            return {name: np.asarray(dataset[start:stop]) for name, dataset in self._datasets.items()}

    def portions(self, batch_size: int) -> Iterator[tuple[int, int]]:
        """Divide the rows into batches: first and last-plus-one row of each."""
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        for start in range(0, len(self), batch_size):
            yield start, min(start + batch_size, len(self))

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes: the same rows and metadata have the same fingerprint anywhere."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
