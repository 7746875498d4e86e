"""Points painted back into images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.data.sparse_images import SparseImages
    from showerkit.typing import Float32Array


def painted(images: SparseImages) -> Float32Array:
    """Share each point's intensity among the four pixels about it, bilinearly.

    A point at a pixel's centre stays in that pixel. What falls outside the image is lost; intensities of
    points that meet add up.

    Parameters
    ----------
    images
        Images as lists of points.

    Returns
    -------
    numpy.ndarray
        Intensities, shape (N, rows, columns).

    Examples
    --------
    >>> from showerkit.data.sparse_images import SparseImages
    >>> one = SparseImages([[[0.75, 1.0, 0.5]]], [[True]], [0], image_shape=(2, 2))
    >>> painted(one).tolist()
    [[[0.0, 0.0], [0.125, 0.375]]]
    """
    rows, columns = images.image_shape
    x, y, intensity = (images.points[..., axis].astype(np.float64) for axis in range(3))
    # Far outside is as good as just outside, and fits an integer.
    x, y = np.clip(x, -2.0, columns + 1.0), np.clip(y, -2.0, rows + 1.0)
    left, upper = np.floor(x), np.floor(y)
    image = np.broadcast_to(np.arange(len(images))[:, None], x.shape)
    canvas = np.zeros(len(images) * rows * columns)
    for right, lower in ((0, 0), (0, 1), (1, 0), (1, 1)):
        column, row = left.astype(np.int64) + right, upper.astype(np.int64) + lower
        share = (1.0 - np.abs(x - column)) * (1.0 - np.abs(y - row)) * intensity
        inside = images.mask & (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        place = (image * rows + row) * columns + column
        canvas += np.bincount(place[inside], weights=share[inside], minlength=len(canvas))
    return canvas.reshape(len(images), rows, columns).astype(np.float32)
