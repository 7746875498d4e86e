"""One HDF5 file of a sample: found, opened and checked, every damage told in one line."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import h5py
import numpy as np

from showerkit.data.own_dataset import own_dataset
from showerkit.data.schema import DATASETS, metadata_from_attributes
from showerkit.data.shard_index import INDEX_NAME
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from showerkit.data.schema import FileMetadata
    from showerkit.data.shard_index import IndexedShard

_SHARD_ENDINGS = (".h5", ".hdf5")
_CACHE_SLOTS = 11


def shard_paths(path: Path | str) -> list[Path]:
    """List the files of a sample: the file itself, or a folder's shards in the order of their names.

    Raises
    ------
    FileFormatError
        If there is no such file, or the folder holds no HDF5 file.
    """
    path = Path(path)
    if path.is_dir():
        shards = sorted(p for p in path.iterdir() if p.suffix in _SHARD_ENDINGS and p.name[0] != ".")
        if not shards:
            raise FileFormatError(f"{path}", got="a folder without HDF5 files", expected="shards (*.h5)")
        return shards
    if not path.exists():
        raise FileFormatError(f"{path}", got="no such file", expected="a shower file or a folder of shards")
    return [path]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what HDF5 raises on a damaged file into one named error."""
    try:
        yield
    except FileFormatError:
        raise
    except MemoryError:
        raise FileFormatError(
            f"{path}", got="more values than memory can hold", expected="a sample that is read in portions"
        ) from None
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as damage:
        raise _damage_error(path, damage) from None


def _damage_error(path: Path, damage: Exception) -> FileFormatError:
    text = " ".join(str(damage).split())
    if "truncated" in text:
        return FileFormatError(
            f"{path}", got="a truncated HDF5 file", expected="a whole file", mend="copy or write it again"
        )
    return FileFormatError(
        f"{path}", got=f"a damaged HDF5 file ({text})", expected="a whole file", mend="copy or write it again"
    )


def says_schema(path: Path | str, name: str) -> bool:
    """Whether a file says that it has a schema of this name; False for whatever cannot be read."""
    path = Path(path)
    if not path.is_file():
        return False
    try:
        with open_hdf5(path) as file, reading(path):
            return bool(file.attrs.get("schema") == name)
    except FileFormatError:
        return False


def open_hdf5(path: Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises
    ------
    FileFormatError
        If it is missing, unreadable, no HDF5 file, truncated or damaged.
    """
    if not path.is_file():
        raise FileFormatError(f"{path}", got="no such file", expected="an HDF5 file")
    try:
        with path.open("rb") as handle:
            first = handle.read(8)
    except OSError as failure:
        raise FileFormatError(f"{path}", got=failure.strerror, expected="a readable file") from None
    if first != b"\x89HDF\r\n\x1a\n" and not h5py.is_hdf5(path):
        kind = "an empty file" if not first else "a file of another format"
        raise FileFormatError(f"{path}", got=kind, expected="an HDF5 file")
    with reading(path):
        return h5py.File(path, "r", rdcc_nbytes=8 * 2**20)


def _with_small_cache(file: h5py.File, name: str) -> h5py.Dataset:
    """Open a dataset that keeps one unpacked chunk: enough to read on, whatever the number of open shards."""
    found = file[name]
    if found.chunks is None:
        return found
    chunk_bytes = math.prod(found.chunks) * found.dtype.itemsize
    # The library shares the settings of an open dataset with those who open it again.
    del found
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_chunk_cache(_CACHE_SLOTS, chunk_bytes + chunk_bytes // 2, 1.0)
    return h5py.Dataset(h5py.h5d.open(file.id, name.encode(), access))


class Shard:
    """One checked file: its length, metadata and dataset names; opened when read.

    Parameters
    ----------
    path
        The file.
    known
        What an index tells of it; None: it is opened at once to be looked at.
    first
        The sample's first shard, which this one has to be like; None: it is the first.
    """

    def __init__(self, path: Path, known: IndexedShard | None = None, first: Shard | None = None) -> None:
        self.path = path
        self.file: h5py.File | None = None
        self._open: dict[str, h5py.Dataset] = {}
        self._first = first
        self._metadata: FileMetadata | None = None
        self.names: tuple[str, ...] = () if known is None else known.datasets
        self.n_events = 0 if known is None else known.events
        if known is None or first is None:
            self._check(None if known is None else (self.names, self.n_events))

    @property
    def metadata(self) -> FileMetadata:
        """What the file says about itself."""
        if self._metadata is None:
            self._opened()
        return cast("FileMetadata", self._metadata)

    def _opened(self) -> h5py.File:
        if self.file is None and self._metadata is None:
            self._check((self.names, self.n_events))
        if self.file is None:
            self.file = open_hdf5(self.path)
        return self.file

    def _check(self, known: tuple[tuple[str, ...], int] | None) -> None:
        """Open the file for the first time and see what it is."""
        self.file = open_hdf5(self.path)
        try:
            with reading(self.path):
                self._metadata = metadata_from_attributes(dict(self.file.attrs), str(self.path))
                self.names, self.n_events = self._check_datasets(self.file)
            if known is not None and (self.names, self.n_events) != known:
                raise FileFormatError(
                    f"{self.path}",
                    got="other datasets or events than the folder's index says",
                    mend=f"delete {INDEX_NAME}, which is then made anew",
                )
            self._check_like_first()
        except FileFormatError:
            self._metadata = None
            self.close()
            raise

    def _check_like_first(self) -> None:
        first, mine = self._first, self._metadata
        if first is None or mine is None:
            return
        for what, got, wanted in (
            ("detector", mine.detector, first.metadata.detector),
            ("kind", mine.kind, first.metadata.kind),
            ("datasets", self.names, first.names),
        ):
            if got != wanted:
                raise FileFormatError(
                    f"{self.path}: {what}", got="another than the first shard's", expected=f"{first.path}'s"
                )

    def _check_datasets(self, file: h5py.File) -> tuple[tuple[str, ...], int]:
        names, cells = [], self.metadata.detector.n_cells
        events: int | None = None
        for spec in DATASETS:
            dataset = own_dataset(file, self.path, spec.name)
            what = f"{self.path}: dataset '{spec.name}'"
            if dataset is None:
                if spec.required:
                    raise FileFormatError(f"{what} is missing", mend="write the file again")
                continue
            if dataset.dtype != spec.dtype:
                raise FileFormatError(what, got=f"type {dataset.dtype}", expected=f"type {spec.dtype}")
            if events is None and dataset.ndim > 0:
                events = int(dataset.shape[0])
            expected = spec.shape(events or 0, cells)
            if dataset.shape != expected:
                raise FileFormatError(what, got=f"shape {dataset.shape}", expected=f"shape {expected}")
            names.append(spec.name)
        return tuple(names), events or 0

    def columns(self, names: tuple[str, ...], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Rows start to stop of some datasets."""
        file = self._opened()
        with reading(self.path):
            # An open dataset keeps its last unpacked chunk: without it each read would unpack it again.
            for name in names:
                if name not in self._open:
                    self._open[name] = _with_small_cache(file, name)
            return {name: np.asarray(self._open[name][start:stop]) for name in names}

    def close(self) -> None:
        """Close the file; a later read opens it again."""
        if self.file is not None:
            self._open.clear()
            self.file.close()
            self.file = None
