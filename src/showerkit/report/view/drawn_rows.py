"""Which events of a file a page shows: drawn evenly over the file, by a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from showerkit import rng
from showerkit.errors import DataError
from showerkit.typing import IntArray


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Rows of a file.

    Parameters
    ----------
    shown
        Rows that are displayed one by one, rising, shape (K,).
    blocks
        First and last-plus-one row of the blocks that histograms are filled from, shape (K, 2).
    """

    shown: IntArray
    blocks: IntArray


def draw_rows(rows: int, *, shown: int, in_histograms: int, seed: int) -> DrawnRows:
    """Draw rows from a file: one to show from each of K equal parts, with neighbours for histograms.

    Parts may be read one by one, so that a large file costs no more than a small one; files of the same
    length give the same rows.

    Parameters
    ----------
    rows
        Rows of the file, at least 1.
    shown
        Rows to show, K at most.
    in_histograms
        Rows to fill histograms from, at most, not fewer than `shown`.
    seed
        The seed.

    Returns
    -------
    DrawnRows
        The rows; all of them if there are no more.

    Raises
    ------
    DataError
        If there are none.

    Examples
    --------
    >>> drawn = draw_rows(10, shown=20, in_histograms=100, seed=1)
    >>> drawn.shown.tolist() == list(range(10))
    True
    >>> large = draw_rows(10**9, shown=200, in_histograms=5000, seed=1)
    >>> int((large.blocks[:, 1] - large.blocks[:, 0]).sum())
    5000
    """
    if rows < 1:
        raise DataError("events", got="none", expected="at least one")
    parts = min(rows, shown)
    edges = np.arange(parts + 1, dtype=np.int64) * rows // parts
    first, last = edges[:-1], edges[1:]
    random = rng.generator(seed, "view")
    row = random.integers(first, last)
    if rows <= in_histograms:
        return DrawnRows(row, np.stack([first, last], axis=1))
    length = np.minimum(max(1, in_histograms // parts), last - first)
    start = np.clip(row - length // 2, first, last - length)
    return DrawnRows(row, np.stack([start, start + length], axis=1))
