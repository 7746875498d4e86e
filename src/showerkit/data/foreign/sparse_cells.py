"""Lists of hits made into full arrays of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import IntArray


def dense_cells(
    counts: IntArray, cells: NDArray[Any], values: NDArray[Any], n_cells: int
) -> NDArray[np.float32]:
    """Add the hits of each event up cell by cell.

    Parameters
    ----------
    counts
        Hits of each event, shape (N,).
    cells
        Index of the cell of each hit, event after event.
    values
        Value of each hit.
    n_cells
        Number of cells.

    Returns
    -------
    numpy.ndarray
        Sums, shape (N, n_cells); 0 where there is no hit.

    Raises
    ------
    DataError
        If a cell is none of the detector's, or a value is negative, NaN or infinite.

    Examples
    --------
    >>> dense_cells(np.array([2, 0, 1]), np.array([1, 1, 0]), np.array([2.0, 3.0, 4.0]), 2).tolist()
    [[0.0, 5.0], [0.0, 0.0], [4.0, 0.0]]
    """
    wrong = (cells < 0) | (cells >= n_cells)
    if wrong.any():
        got = f"{cells[np.argmax(wrong)]} ({np.count_nonzero(wrong)} such hits)"
        raise DataError("cell of a hit", got=got, expected=f"0 to {n_cells - 1}")
    good = np.isfinite(values) & (values >= 0)
    if not good.all():
        raise DataError("value of a hit", got=values[np.argmin(good)], expected="a finite value >= 0")
    events = np.repeat(np.arange(len(counts)), counts)
    flat = events * n_cells + cells.astype(np.int64)
    sums = np.bincount(flat, weights=values, minlength=len(counts) * n_cells)
    return sums.astype(np.float32).reshape(len(counts), n_cells)
