"""Write columns of equal length to HDF5: appended in any portions, the same bytes whatever they were."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from showerkit.data.atomic_file import check_writable, write_error
from showerkit.data.guarded_file import GuardedFile
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """One dataset of a file.

    Parameters
    ----------
    name
        Its name.
    dtype
        Type of its values.
    shape
        Shape of the values of one row.
    chunk
        Rows in one compressed chunk.
    unit
        Unit of its values, if they have one.
    optional
        Whether a file may lack it.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    chunk: int
    unit: str = ""
    optional: bool = False


class ColumnWriter:
    """Write datasets of equal length into one HDF5 file; a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception the
    partial file is removed and a former file of that name is as it was. The bytes depend on the
    values and the attributes alone: no times are stored and rows are written in portions of a
    fixed number.

    Parameters
    ----------
    path
        The file to write.
    attributes
        Attributes of the file, in the order they are written.
    portion
        Rows that are written at once.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    DataError
        If the file exists or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "a.h5"
    >>> with ColumnWriter(path, {"schema": "example"}, portion=100) as writer:
    ...     writer.create([Column("x", np.dtype("<f4"), (), 100)])
    ...     writer.append_columns({"x": np.ones(3)})
    >>> path.exists()
    True
    """

    def __init__(
        self, path: Path | str, attributes: Mapping[str, str | int], portion: int, *, overwrite: bool = False
    ) -> None:
        self.path = check_writable(path, overwrite=overwrite)
        self._attributes = attributes
        self._portion = portion
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        self._disk: GuardedFile | None = None
        self._file: h5py.File | None = None
        self._names: tuple[str, ...] | None = None
        self._waiting: list[Mapping[str, NDArray[Any]]] = []
        self._n_waiting = 0
        self._n_written = 0

    def __len__(self) -> int:
        return self._n_written + self._n_waiting

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Bounded format versions keep the bytes and the readers that understand them fixed.
            self._disk = GuardedFile(self._partial)
            self._file = h5py.File(self._disk, "w", libver=("earliest", "v110"))
            for name, value in self._attributes.items():
                self._file.attrs[name] = value
        except (OSError, RuntimeError) as failure:
            self._discard()
            raise write_error(self.path, failure) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            file, disk = self._opened()
            if self._waiting:
                self._write(self._take(self._n_waiting))
            elif self._names is None:
                self.create(self.columns_when_empty())
            self.complete(file)
            file.close()
            self._file = None
            disk.sync()
            disk.close()
            self._partial.replace(self.path)
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None
        finally:
            self._discard()

    def columns_when_empty(self) -> Sequence[Column]:
        """Name the columns of a file that nothing was written to."""
        return ()

    def complete(self, file: h5py.File) -> None:
        """Write what is known after the last row only; nothing by default."""

    def create(self, columns: Sequence[Column]) -> None:
        """Create the empty, extendable datasets.

        Raises
        ------
        DataError
            If they cannot be written.
        """
        file, disk = self._opened()
        try:
            for column in columns:
                dataset = file.create_dataset(
                    column.name,
                    shape=(0, *column.shape),
                    maxshape=(None, *column.shape),
                    chunks=(column.chunk, *column.shape),
                    dtype=column.dtype,
                    compression="gzip",
                    compression_opts=1,
                    shuffle=True,
                    track_times=False,
                )
                if column.unit:
                    dataset.attrs["unit"] = column.unit
            disk.check()
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None
        self._names = tuple(column.name for column in columns)

    def append_columns(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Append rows; they reach the disk in portions of a fixed number.

        Parameters
        ----------
        values
            The rows of every column, by its name.

        Raises
        ------
        DataError
            If they have other columns than former ones had, or the disk is full.
        """
        if self._names is None or set(values) != set(self._names):
            odd = min(set(values) ^ set(self._names or ()))
            raise DataError(
                f"{self.path}: {odd}", got="present in some parts only", expected="in all parts or in none"
            )
        n = len(values[self._names[0]])
        if n == 0:
            return
        self._waiting.append(values)
        self._n_waiting += n
        if self._n_waiting >= self._portion:
            self._write(self._take(self._n_waiting - self._n_waiting % self._portion))

    def _opened(self) -> tuple[h5py.File, GuardedFile]:
        if self._file is None or self._disk is None:
            raise DataError(f"{self.path}: not open for writing", mend="use the writer in a with statement")
        return self._file, self._disk

    def _take(self, n: int) -> dict[str, NDArray[Any]]:
        """Take the first n waiting rows."""
        parts, names = self._waiting, self._names or ()
        joined = {
            name: parts[0][name] if len(parts) == 1 else np.concatenate([part[name] for part in parts])
            for name in names
        }
        self._n_waiting -= n
        self._waiting = [{name: rows[n:] for name, rows in joined.items()}] if self._n_waiting else []
        return {name: rows[:n] for name, rows in joined.items()}

    def _write(self, values: dict[str, NDArray[Any]]) -> None:
        """Write portion by portion, so that the order of bytes in the file is always the same."""
        file, disk = self._opened()
        n = len(next(iter(values.values())))
        try:
            for start in range(0, n, self._portion):
                size = min(self._portion, n - start)
                stop = self._n_written + size
                for name, rows in values.items():
                    dataset = file[name]
                    dataset.resize(stop, axis=0)
                    _put(dataset, self._n_written, rows[start : start + size])
                    dataset.flush()
                disk.check()
                self._n_written = stop
        except (OSError, RuntimeError) as failure:
            raise write_error(self.path, failure) from None

    def _discard(self) -> None:
        """Close and remove the partial file, if it is still there."""
        if self._file is not None:
            # After a failed write the close may fail too; the first error is the one worth telling.
            with suppress(OSError, RuntimeError):
                self._file.close()
            self._file = None
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        self._waiting, self._n_waiting = [], 0
        self._partial.unlink(missing_ok=True)


def _put(dataset: h5py.Dataset, start: int, rows: NDArray[Any]) -> None:
    """Write rows from `start` on."""
    stop = start + len(rows)
    if h5py.check_vlen_dtype(dataset.dtype) is None:
        dataset[start:stop] = rows
        return
    # Assignment takes lists of one length for a table; written as they are, they stay lists.
    place = dataset.id.get_space()
    place.select_hyperslab((start,), (len(rows),))
    kept = np.empty(len(rows), dtype=dataset.dtype)
    kept[:] = rows
    dataset.id.write(h5py.h5s.create_simple((len(rows),)), place, kept)
