"""What the readers of other projects' files of jets have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py

from showerkit.data.own_dataset import own_dataset
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


def dataset(file: h5py.File, path: Path, name: str, shape: tuple[int | None, ...]) -> h5py.Dataset:
    """Find a dataset and check its shape.

    Parameters
    ----------
    file
        The opened file.
    path
        Its name, for messages.
    name
        The dataset's name.
    shape
        The shape to have; None for any length.

    Raises
    ------
    FileFormatError
        If it is missing or of another shape.
    """
    found = own_dataset(file, path, name)
    if found is None:
        raise FileFormatError(f"{path}: dataset '{name}' is missing", expected="a file of that layout")
    fits = found.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, found.shape, strict=True)
    )
    if not fits:
        expected = ", ".join("any" if want is None else str(want) for want in shape)
        raise FileFormatError(
            f"{path}: dataset '{name}'", got=f"shape {found.shape}", expected=f"shape ({expected})"
        )
    return found


def rows_of(path: Path, n: int, start: int, stop: int | None) -> slice:
    """Check that rows are there.

    Raises
    ------
    DataError
        If not.
    """
    stop = n if stop is None else stop
    if not 0 <= start <= stop <= n:
        raise DataError(f"{path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {n}")
    return slice(start, stop)
