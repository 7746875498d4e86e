"""Read showers from an HDF5 file or a folder of shards, in bounded memory."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from showerkit.data.records import IncidentParticles, Showers, concatenate
from showerkit.data.schema import DATASETS, FileMetadata
from showerkit.data.shard import Shard, shard_paths
from showerkit.data.shard_index import read_index, write_index
from showerkit.data.shower_writer import ShowerWriter
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

    from showerkit.geometry.calorimeter import Calorimeter

__all__ = ["FileMetadata", "ShowerFile", "ShowerWriter", "read_showers"]

_MOST_OPEN_SHARDS = 16


class ShowerFile:
    """A sample of showers: one HDF5 file, or a folder of shards read as one; a context manager.

    Only what is asked for is read, so that memory does not grow with the number of events.

    Parameters
    ----------
    path
        A shower file or a folder of shards (all of one detector and kind, ordered by name).

    Raises
    ------
    FileFormatError
        In one line, if a file is missing, of another format, truncated, of a newer schema, or lacks
        or contradicts something; on reading also for NaN, infinite or negative values.

    Examples
    --------
    >>> try:
    ...     ShowerFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected a shower file or a folder of shards
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._shards: list[Shard] = []
        paths = shard_paths(self.path)
        index = read_index(self.path, paths) if self.path.is_dir() else None
        self.indexed = index is not None
        try:
            for number, shard_path in enumerate(paths):
                known = None if index is None else index.shards[number]
                self._shards.append(Shard(shard_path, known, self._shards[0] if number else None))
                self._limit_open(keep=self._shards[-1])
        except FileFormatError:
            self.close()
            raise
        self._starts = np.concatenate([[0], np.cumsum([shard.n_events for shard in self._shards])])

    def _limit_open(self, keep: Shard) -> None:
        """Close shards beyond the limit, so that thousands of shards need no thousands of handles."""
        opened = [shard for shard in self._shards if shard.file is not None and shard is not keep]
        for shard in opened[: max(0, len(opened) + 1 - _MOST_OPEN_SHARDS)]:
            shard.close()

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
        """Close all files."""
        for shard in self._shards:
            shard.close()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def write_index(self) -> None:
        """Write the index of a folder of shards, unless a true one is there or the folder is read-only.

        With it the next `ShowerFile` opens a shard only when it is read; a shard that has changed since
        makes the index worthless, and all shards are opened again.
        """
        if self.path.is_dir() and not self.indexed:
            write_index(self.path, self._shards)
            self.indexed = True

    @property
    def metadata(self) -> FileMetadata:
        """What the (first) file says about itself."""
        return self._shards[0].metadata

    @property
    def detector(self) -> Calorimeter:
        """The calorimeter."""
        return self.metadata.detector

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.detector.n_cells

    @property
    def paths(self) -> list[Path]:
        """The files of the sample."""
        return [shard.path for shard in self._shards]

    @property
    def shard_rows(self) -> list[tuple[int, int]]:
        """First and last-plus-one row of each file."""
        return [(int(a), int(b)) for a, b in pairwise(self._starts)]

    def read(self, start: int = 0, stop: int | None = None, *, optional: bool = True) -> Showers:
        """Read showers start to stop (default: to the end).

        Parameters
        ----------
        start, stop
            First and last-plus-one row.
        optional
            Whether to read the optional datasets too, where the file has them.

        Returns
        -------
        Showers
            The showers.

        Raises
        ------
        FileFormatError
            If the rows cannot be read or hold NaN, infinite or negative values.
        """
        parts = []
        for shard, first, last in self._pieces(start, stop):
            names = shard.names if optional else tuple(spec.name for spec in DATASETS if spec.required)
            columns = shard.columns(names, first, last)
            try:
                incident = _incident(columns)
                parts.append(
                    Showers(
                        incident,
                        columns["showers"],
                        columns["event_id"],
                        columns.get("charged_tracks"),
                        columns.get("mask_probability"),
                    )
                )
            except DataError as wrong:
                raise FileFormatError(f"{shard.path}, events {first} to {last - 1}: {wrong}") from None
        return parts[0] if len(parts) == 1 else concatenate(parts)

    def read_incident(
        self, start: int = 0, stop: int | None = None
    ) -> tuple[IncidentParticles, NDArray[np.int64]]:
        """Read the incident particles and event ids alone, start to stop.

        Raises
        ------
        FileFormatError
            As for `read`.
        """
        names = ("incident_pdg", "incident_energies", "incident_momentum", "incident_position", "event_id")
        tables = []
        for shard, first, last in self._pieces(start, stop):
            columns = shard.columns(names, first, last)
            try:
                _incident(columns)
            except DataError as wrong:
                raise FileFormatError(f"{shard.path}, events {first} to {last - 1}: {wrong}") from None
            tables.append(columns)
        joined = {name: np.concatenate([table[name] for table in tables]) for name in names}
        return _incident(joined), joined["event_id"]

    def read_event_id(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Read event ids alone, start to stop.

        Raises
        ------
        FileFormatError
            If they cannot be read.
        """
        pieces = self._pieces(start, stop)
        return np.concatenate([shard.columns(("event_id",), a, b)["event_id"] for shard, a, b in pieces])

    def iterate(self, batch_size: int) -> Iterator[Showers]:
        """Read all showers in order, `batch_size` at a time."""
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        for start in range(0, len(self), batch_size):
            yield self.read(start, min(start + batch_size, len(self)))

    def fingerprint(self) -> str:
        """SHA-256 of the files' bytes, in order: the same sample has the same fingerprint anywhere."""
        digests = []
        for shard in self._shards:
            with shard.path.open("rb") as handle:
                digests.append(hashlib.file_digest(handle, "sha256").hexdigest())
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def _pieces(self, start: int, stop: int | None) -> Iterator[tuple[Shard, int, int]]:
        """Split rows start to stop into the shards that hold them (at least one, maybe empty, piece)."""
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise DataError(
                f"{self.path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {len(self)}"
            )
        if start == stop:
            yield self._shards[0], 0, 0
            return
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        for number in range(first, len(self._shards)):
            offset, shard = int(self._starts[number]), self._shards[number]
            if offset >= stop:
                return
            if shard.n_events == 0:
                continue
            self._limit_open(keep=shard)
            yield shard, max(start - offset, 0), min(stop - offset, shard.n_events)


def _incident(columns: dict[str, NDArray[Any]]) -> IncidentParticles:
    return IncidentParticles(
        columns["incident_pdg"],
        columns["incident_energies"][:, 0],
        columns["incident_momentum"],
        columns["incident_position"],
    )


def read_showers(path: Path | str) -> Showers:
    """Read a whole sample into memory.

    Raises
    ------
    FileFormatError
        As for `ShowerFile`.

    Examples
    --------
    >>> try:
    ...     read_showers("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected a shower file or a folder of shards
    """
    with ShowerFile(path) as sample:
        return sample.read()
