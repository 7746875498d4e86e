"""Superpixels: an image cut into patches of similar brightness, each a point (x, y, mean intensity)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.sparse_images import SparseImages, checked_brightness
from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Images treated together: as many as leave the working arrays small.
_AT_ONCE: Final = 128
#: Centres that a pixel may belong to: those that began nearest to it.
_CANDIDATES: Final = 12


def superpixels(
    images: ArrayLike,
    label: ArrayLike,
    n_points: int = 75,
    *,
    compactness: float = 0.3,
    iterations: int = 10,
) -> SparseImages:
    r"""Cut images into patches by simple linear iterative clustering (SLIC).

    k-means in (x, y, I) from centres on a regular grid of spacing S, each pixel looking at the centres that
    began nearest to it, with the distance

    .. math:: d^2 = (I - I_k)^2 + \frac{m^2}{S^2} \left[(x - x_k)^2 + (y - y_k)^2\right]

    Source: R. Achanta et al., IEEE Trans. Pattern Anal. 34 (2012) 2274; 75 of them for MNIST as in
    F. Monti et al., arXiv:1611.08402. Nothing is random, and no patches are joined afterwards.

    Parameters
    ----------
    images
        Brightness 0 to 255, shape (N, rows, columns).
    label
        What each image shows, shape (N,).
    n_points
        Patches of an image.
    compactness
        The weight m of positions beside intensities between 0 and 1.
    iterations
        Rounds of k-means.

    Returns
    -------
    SparseImages
        Mean positions and mean intensities by falling intensity, dark patches included; a patch that has lost
        all its pixels is masked.

    Raises
    ------
    DataError
        If the images are no whole numbers 0 to 255, have fewer pixels than patches are asked for, or the
        settings are out of range.

    Examples
    --------
    >>> image = np.repeat([[0, 0, 255, 255]], 4, axis=0)
    >>> superpixels([image], [0], n_points=4).points[0].tolist()
    [[2.5, 0.5, 1.0], [2.5, 2.5, 1.0], [0.5, 0.5, 0.0], [0.5, 2.5, 0.0]]
    """
    brightness = checked_brightness(images)
    n, rows, columns = brightness.shape
    for name, value, fits in (
        ("n_points", n_points, 1 <= n_points <= rows * columns),
        ("compactness", compactness, compactness > 0.0),
        ("iterations", iterations, iterations >= 1),
    ):
        if not fits:
            raise DataError(name, got=value, expected=f"a value in range for {rows} x {columns} pixels")
    points = np.zeros((n, n_points, 3), dtype=np.float32)
    mask = np.zeros((n, n_points), dtype=bool)
    for start in range(0, n, _AT_ONCE):
        piece = slice(start, start + _AT_ONCE)
        points[piece], mask[piece] = _patches(brightness[piece], n_points, compactness, iterations)
    return SparseImages(points, mask, np.asarray(label), (rows, columns))


def grid_of_centres(n: int, rows: int, columns: int) -> NDArray[np.float64]:
    """Spread n centres over an image in rows of nearly equal numbers, shape (n, 2): x and y.

    Examples
    --------
    >>> grid_of_centres(4, 4, 4).tolist()
    [[0.5, 0.5], [2.5, 0.5], [0.5, 2.5], [2.5, 2.5]]
    """
    lines = min(n, max(1, round(float(np.sqrt(n * rows / columns)))))
    numbers = np.diff(np.floor(np.linspace(0, n, lines + 1) + 0.5).astype(int))
    return np.array(
        [
            ((place + 0.5) * columns / number - 0.5, (line + 0.5) * rows / lines - 0.5)
            for line, number in enumerate(numbers)
            for place in range(number)
        ]
    )


def _patches(
    brightness: NDArray[np.uint8], n_points: int, compactness: float, iterations: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cluster the pixels of a few images; sort the clusters by falling intensity."""
    n, rows, columns = brightness.shape
    y, x = (axis.reshape(-1).astype(np.float64) for axis in np.mgrid[:rows, :columns])
    weight = compactness**2 * n_points / (rows * columns)
    intensity = brightness.reshape(n, -1) / 255.0
    start = grid_of_centres(n_points, rows, columns)
    apart = (x[:, None] - start[:, 0]) ** 2 + (y[:, None] - start[:, 1]) ** 2
    candidates = np.argsort(apart, axis=1, kind="stable")[:, :_CANDIDATES]
    nearest_pixel = np.argmin(apart, axis=0)
    centres = [np.tile(start[:, 0], (n, 1)), np.tile(start[:, 1], (n, 1)), intensity[:, nearest_pixel]]
    image = np.arange(n)[:, None] * n_points
    counts = np.zeros((n, n_points))
    owner: NDArray[np.int64] | None = None
    for _ in range(iterations):
        squared = weight * (x[:, None] - centres[0][:, candidates]) ** 2
        squared += weight * (y[:, None] - centres[1][:, candidates]) ** 2
        squared += (intensity[:, :, None] - centres[2][:, candidates]) ** 2
        # Rounding must not decide between centres that are equally far, as many are on a grid.
        chosen = np.argmin(squared.round(9), axis=2)
        before, owner = owner, candidates[np.arange(rows * columns), chosen] + image
        if before is not None and np.array_equal(before, owner):
            break
        flat = owner.reshape(-1)
        counts = np.bincount(flat, minlength=n * n_points).reshape(n, n_points).astype(np.float64)
        for axis, values in enumerate((np.tile(x, n), np.tile(y, n), intensity.reshape(-1))):
            sums = np.bincount(flat, weights=values, minlength=n * n_points).reshape(n, n_points)
            # A centre without pixels stays where it was.
            centres[axis] = np.where(counts > 0, sums / np.maximum(counts, 1.0), centres[axis])
    points = np.stack(centres, axis=-1)
    mask = counts > 0
    points[~mask] = 0.0
    order = np.argsort(np.where(mask, -points[..., 2].round(9), 1.0), axis=1, kind="stable")
    points = np.take_along_axis(points, order[:, :, None], axis=1)
    return points.astype(np.float32), np.take_along_axis(mask, order, axis=1)
