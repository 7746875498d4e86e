"""Files of sparse images: written as a whole or not at all, read in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.column_file import ColumnFile
from showerkit.data.column_writer import ColumnWriter
from showerkit.data.image_schema import (
    IMAGE_SCHEMA_NAME,
    IMAGES_PER_CHUNK,
    ImageFileMetadata,
    image_columns,
    image_metadata_from_attributes,
)
from showerkit.data.shard import says_schema
from showerkit.data.sparse_images import SparseImages
from showerkit.errors import DataError, FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column

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


class ImageFile(ColumnFile[SparseImages]):
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

    content = "images"
    metadata: ImageFileMetadata

    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""
        self.metadata = image_metadata_from_attributes(attributes, str(self.path))
        return image_columns(self.metadata.n_points)

    def record(self, columns: dict[str, NDArray[Any]]) -> SparseImages:
        """Put images together."""
        shape = (self.metadata.rows, self.metadata.columns)
        if (columns["mask"] > 1).any():
            raise DataError("mask", got="other values", expected="0 or 1")
        return SparseImages(columns["points"], columns["mask"] > 0, columns["label"], shape)


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
            for start, images in file.readable(IMAGES_PER_CHUNK, found, SilentProgress()):
                bright = images.points[..., 2]
                if ((bright < 0.0) | (bright > 1.0)).any():
                    found.append(
                        f"{path}, images {start} to {start + len(images) - 1}: intensities beyond 0 to 1"
                    )
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found
