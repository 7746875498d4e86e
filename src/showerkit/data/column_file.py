"""Read columns of equal length from HDF5 in bounded memory; every damage is told in one line."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import h5py
import numpy as np

from showerkit.data.own_dataset import own_dataset
from showerkit.data.shard import open_hdf5, reading
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column
    from showerkit.progress import Progress

RecordT = TypeVar("RecordT")


class ColumnFile(ABC, Generic[RecordT]):
    """A file that a `showerkit.data.column_writer.ColumnWriter` wrote; a context manager.

    What its rows hold is read as a record of the type in brackets.

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

    #: What the rows are, for messages.
    content: ClassVar[str]
    #: How to mend a file that lacks a column.
    mend: ClassVar[str] = "write the file again"

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

    @abstractmethod
    def record(self, columns: dict[str, NDArray[Any]]) -> RecordT:
        """Put rows of the columns together.

        Raises
        ------
        DataError
            If their values make no sense.
        """

    def _checked(self, columns: Sequence[Column]) -> tuple[dict[str, h5py.Dataset], int]:
        found: dict[str, h5py.Dataset] = {}
        rows: int | None = None
        for column in columns:
            dataset = own_dataset(self._file, self.path, column.name)
            what = f"{self.path}: dataset '{column.name}'"
            if dataset is None:
                if column.optional:
                    continue
                raise FileFormatError(f"{what} is missing", mend=self.mend)
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

    def rows(self, start: int, stop: int, *, without: Collection[str] = ()) -> dict[str, NDArray[Any]]:
        """Read rows start to stop of all columns but those `without`, by name.

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
            return {
                name: np.asarray(dataset[start:stop])
                for name, dataset in self._datasets.items()
                if name not in without
            }

    def read(self, start: int = 0, stop: int | None = None) -> RecordT:
        """Read rows start to stop (default: to the end).

        Raises
        ------
        DataError
            If there are no such rows.
        FileFormatError
            If they cannot be read or hold values that make no sense.
        """
        return self._read(start, stop)

    def _read(self, start: int, stop: int | None, *, without: Collection[str] = ()) -> RecordT:
        stop = len(self) if stop is None else stop
        columns = self.rows(start, stop, without=without)
        try:
            return self.record(columns)
        except DataError as wrong:
            where = f"{self.path}, {self.content} {start} to {stop - 1}"
            raise FileFormatError(f"{where}: {wrong}") from None

    def iterate(self, batch_size: int = 2**14) -> Iterator[RecordT]:
        """Read all rows in order, `batch_size` at a time."""
        for start, stop in self.portions(batch_size):
            yield self.read(start, stop)

    def readable(
        self, batch_size: int, unreadable: list[str], progress: Progress
    ) -> Iterator[tuple[int, RecordT]]:
        """Read what can be read, and collect a line for every portion that cannot.

        Parameters
        ----------
        batch_size
            Rows of a portion.
        unreadable
            Gets the lines.
        progress
            Told of each portion, read or not.

        Yields
        ------
        tuple
            The first row of a portion, and its record.
        """
        for start, stop in self.portions(batch_size):
            try:
                yield start, self.read(start, stop)
            except FileFormatError as wrong:
                unreadable.append(str(wrong))
            progress.advance(stop - start)

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
