"""Euclidean distances of all pairs of showers, in pieces of bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.typing import FloatArray

_PIECE = 1 << 23  # numbers held at once: 64 MiB of float64
_ROUNDING = 1e-12  # squared distances below this share of the squared norms are rounding errors


def squared_distances(rows: FloatArray, columns: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    r"""Yield squared distances of some rows to all columns at a time.

    .. math:: |x - y|^2 = |x|^2 + |y|^2 - 2 x \cdot y

    Parameters
    ----------
    rows, columns
        Features, shapes (N, features) and (M, features).

    Yields
    ------
    tuple
        The slice of rows, and their squared distances, shape (rows in the slice, M); equal showers are at
        exactly 0.

    Examples
    --------
    >>> a, b = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]])
    >>> [piece.ravel().tolist() for _, piece in squared_distances(a, b)]
    [[0.0, 25.0]]
    """
    origin = columns.mean(axis=0)
    rows, columns = rows - origin, columns - origin
    norm_rows = np.einsum("ij,ij->i", rows, rows)
    norm_columns = np.einsum("ij,ij->i", columns, columns)
    step = max(1, _PIECE // len(columns))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        norms = norm_rows[part, None] + norm_columns
        distance = rows[part] @ columns.T
        distance *= -2.0
        distance += norms
        norms *= _ROUNDING
        distance[distance < norms] = 0.0
        yield part, distance


def nearest_distance(rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Distance of every row to the nearest of the columns, shape (N,).

    Examples
    --------
    >>> nearest_distance(np.array([[1.0], [5.0]]), np.array([[0.0], [4.5]])).tolist()
    [1.0, 0.5]
    """
    nearest = np.empty(len(rows))
    for part, distance in squared_distances(rows, columns):
        nearest[part] = distance.min(axis=1)
    return np.sqrt(nearest)


def kth_neighbour_squared_distance(table: FloatArray, k: int) -> FloatArray:
    """Squared distance of every row to its k-th nearest among the other rows, shape (N,).

    Examples
    --------
    >>> kth_neighbour_squared_distance(np.array([[0.0], [1.0], [3.0]]), 2).tolist()
    [9.0, 4.0, 9.0]
    """
    squared = np.empty(len(table))
    for part, distance in squared_distances(table, table):
        # A row itself is at 0 and takes the first place.
        squared[part] = np.partition(distance, k, axis=1)[:, k]
    return squared
