"""Files of sparse images: written as a whole or not at all, read in bounded memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from showerkit.data.column_writer import ColumnWriter
from showerkit.data.image_schema import (
    IMAGE_SCHEMA_NAME,
    IMAGES_PER_CHUNK,
    ImageFileMetadata,
    image_columns,
    image_metadata_from_attributes,
)
from showerkit.data.own_dataset import own_dataset
from showerkit.data.shard import open_hdf5, reading, says_schema
from showerkit.data.sparse_images import SparseImages
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = [
    "ImageFile",
    "ImageFileMetadata",
    "ImageWriter",
    "image_violations",
    "is_image_file",
    "read_images",
]


class ImageWriter(ColumnWriter):
    """Write a file of sparse images; use it as a context manager.

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
        If the file exists, cannot be written, or images do not fit the metadata.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "dots.h5"
    >>> metadata = ImageFileMetadata(generator="example", kind="digits", n_points=1)
    >>> with ImageWriter(path, metadata) as writer:
    ...     writer.append(SparseImages([[[3.0, 4.0, 0.5]]], [[True]], [8]))
    >>> read_images(path).label.tolist()
    [8]
    """

    def __init__(self, path: Path | str, metadata: ImageFileMetadata, *, overwrite: bool = False) -> None:
        self.metadata = metadata
        super().__init__(path, metadata.to_attributes(), IMAGES_PER_CHUNK, overwrite=overwrite)

    def columns_when_empty(self) -> list[Any]:
        """Name the datasets of a file without images."""
        return image_columns(self.metadata.n_points)

    def append(self, images: SparseImages) -> None:
        """Append images.

        Raises
        ------
        DataError
            If they do not fit the metadata, or the disk is full.
        """
        made, said = (images.points.shape[1], *images.image_shape), self.metadata
        if made != (said.n_points, said.rows, said.columns):
            raise DataError(
                f"{self.path}: points, rows and columns",
                got=made,
                expected=f"{(said.n_points, said.rows, said.columns)}",
            )
        if self._names is None:
            self.create(self.columns_when_empty())
        self.append_columns(
            {"points": images.points, "mask": images.mask.astype(np.uint8), "label": images.label}
        )


class ImageFile:
    """A file of sparse images; a context manager.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileFormatError
        In one line, if the file is missing, of another format, truncated or contradicts itself; on reading
        also for values that make no sense.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                self.metadata = image_metadata_from_attributes(dict(self._file.attrs), str(self.path))
                self._datasets = self._checked_datasets()
        except FileFormatError:
            self.close()
            raise

    def _checked_datasets(self) -> dict[str, h5py.Dataset]:
        found: dict[str, h5py.Dataset] = {}
        n: int | None = None
        for column in image_columns(self.metadata.n_points):
            dataset = own_dataset(self._file, self.path, column.name)
            what = f"{self.path}: dataset '{column.name}'"
            if dataset is None:
                raise FileFormatError(f"{what} is missing", mend="write the file again")
            if n is None and dataset.ndim > 0:
                n = int(dataset.shape[0])
            expected = ((n or 0, *column.shape), column.dtype)
            if (dataset.shape, dataset.dtype) != expected:
                raise FileFormatError(
                    what,
                    got=f"shape {dataset.shape} of {dataset.dtype}",
                    expected=f"shape {expected[0]} of {expected[1]}",
                )
            found[column.name] = dataset
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return int(self._datasets["label"].shape[0])

    def read(self, start: int = 0, stop: int | None = None) -> SparseImages:
        """Read images start to stop (default: to the end).

        Raises
        ------
        FileFormatError
            If they cannot be read or hold values that make no sense.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise DataError(
                f"{self.path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {len(self)}"
            )
        with reading(self.path):
            columns: dict[str, NDArray[Any]] = {
                name: np.asarray(dataset[start:stop]) for name, dataset in self._datasets.items()
            }
        shape = (self.metadata.rows, self.metadata.columns)
        try:
            if (columns["mask"] > 1).any():
                raise DataError("mask", got="other values", expected="0 or 1")
            return SparseImages(columns["points"], columns["mask"] > 0, columns["label"], shape)
        except DataError as wrong:
            raise FileFormatError(f"{self.path}, images {start} to {stop - 1}: {wrong}") from None

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def is_image_file(path: Path | str) -> bool:
    """Whether a file says that it holds sparse images; False for whatever cannot be read."""
    return says_schema(path, IMAGE_SCHEMA_NAME)


def read_images(path: Path | str) -> SparseImages:
    """Read a whole file of sparse images into memory (errors as for `ImageFile`)."""
    with ImageFile(path) as file:
        return file.read()


def image_violations(path: Path | str) -> list[str]:
    """Find what is wrong with a file of sparse images, one line each; empty for a valid file."""
    found: list[str] = []
    try:
        with ImageFile(path) as file:
            for start in range(0, len(file), IMAGES_PER_CHUNK):
                stop = min(start + IMAGES_PER_CHUNK, len(file))
                try:
                    images = file.read(start, stop)
                except FileFormatError as wrong:
                    found.append(str(wrong))
                    continue
                bright = images.points[..., 2]
                if ((bright < 0.0) | (bright > 1.0)).any():
                    found.append(f"{path}, images {start} to {stop - 1}: intensities beyond 0 to 1")
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found
