"""Sparse images: the brightest pixels of an image as a list of points (x, y, intensity)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Images treated together.
_AT_ONCE: Final = 2048
_BRIGHTEST: Final = 255.0


@dataclass(frozen=True, eq=False)
class SparseImages:
    """Images as lists of points.

    Parameters
    ----------
    points
        Column x and row y of the pixel (0 at the upper left), and its intensity from 0 to 1; 0 where there is
        no point; shape (N, P, 3).
    mask
        True where there is a point, shape (N, P).
    label
        What each image shows, shape (N,).
    image_shape
        Rows and columns of the images that they come from.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, or a place without a point is not 0.

    Examples
    --------
    >>> one = SparseImages([[[3.0, 4.0, 0.5], [0.0, 0.0, 0.0]]], [[True, False]], [8])
    >>> len(one), one.points.shape
    (1, (1, 2, 3))
    """

    points: NDArray[np.float32]
    mask: NDArray[np.bool_]
    label: NDArray[np.int64]
    image_shape: tuple[int, int] = (28, 28)

    def __post_init__(self) -> None:
        points = checked_array("points", self.points, (None, None, 3), np.float32)
        mask = checked_array("mask", self.mask, points.shape[:2], np.bool_)
        if points[~mask].any():
            raise DataError("points where the mask is False", got="other values", expected="0")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "label", checked_array("label", self.label, (len(points),), np.int64))

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> SparseImages:
        return SparseImages(self.points[index], self.mask[index], self.label[index], self.image_shape)


def brightest_pixels(images: ArrayLike, label: ArrayLike, n_points: int = 100) -> SparseImages:
    """Keep the brightest pixels of each image, the brightest first.

    Of equally bright pixels the one that comes first in the image's rows is kept. An image with fewer bright
    pixels has fewer points. Source: the sparse MNIST of the ConVAE slides, with 100 points and with 25.

    Parameters
    ----------
    images
        Brightness 0 to 255, shape (N, rows, columns).
    label
        What each image shows, shape (N,).
    n_points
        Points of an image.

    Returns
    -------
    SparseImages
        The images.

    Raises
    ------
    DataError
        If the images are no whole numbers 0 to 255, or have fewer pixels than points are asked for.

    Examples
    --------
    >>> sparse = brightest_pixels([[[0, 255], [255, 0]]], [1], n_points=3)
    >>> sparse.points[0].tolist(), sparse.mask[0].tolist()
    ([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]], [True, True, False])
    """
    brightness = checked_brightness(images)
    n, rows, columns = brightness.shape
    if not 1 <= n_points <= rows * columns:
        raise DataError("n_points", got=n_points, expected=f"1 to {rows * columns} for these images")
    points = np.zeros((n, n_points, 3), dtype=np.float32)
    for start in range(0, n, _AT_ONCE):
        flat = brightness[start : start + _AT_ONCE].reshape(-1, rows * columns)
        # Stable, so that ties fall alike everywhere.
        place = np.argsort(~flat, axis=1, kind="stable")[:, :n_points]
        piece = points[start : start + _AT_ONCE]
        piece[..., 1], piece[..., 0] = np.divmod(place, columns)
        piece[..., 2] = np.take_along_axis(flat, place, axis=1) / np.float32(_BRIGHTEST)
    mask = points[..., 2] > 0.0
    points[~mask] = 0.0
    return SparseImages(points, mask, np.asarray(label), (rows, columns))


def checked_brightness(images: ArrayLike) -> NDArray[np.uint8]:
    """Check that an array holds images of whole numbers 0 to 255, shape (N, rows, columns)."""
    array = np.asarray(images)
    if array.ndim != 3 or 0 in array.shape[1:]:
        raise DataError("images", got=f"shape {array.shape}", expected="shape (N, rows, columns)")
    brightness = array.astype(np.uint8)
    if not np.array_equal(brightness, array):
        raise DataError("images", got="other values", expected="whole numbers from 0 to 255")
    return brightness
