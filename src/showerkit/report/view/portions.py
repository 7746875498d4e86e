"""Read blocks of a file in portions that stay small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.view.event_table import EventTable, join_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from showerkit.progress import Progress
    from showerkit.typing import IntArray


def portions(blocks: IntArray, at_once: int) -> Iterator[tuple[int, int]]:
    """Divide blocks into portions of at most so many rows: first and last-plus-one row of each.

    Examples
    --------
    >>> import numpy as np
    >>> list(portions(np.array([[0, 5], [10, 12]]), 3))
    [(0, 3), (3, 5), (10, 12)]
    """
    for first, last in blocks.tolist():
        for start in range(first, last, at_once):
            yield start, min(start + at_once, last)


def read_tables(
    table: Callable[[int, int], EventTable], blocks: IntArray, at_once: int, progress: Progress
) -> EventTable:
    """Read the numbers of all events of the blocks.

    Parameters
    ----------
    table
        Gives the table of the events from a first to before a last row.
    blocks
        First and last-plus-one row of each block, shape (K, 2).
    at_once
        Rows to hold at once, at most.
    progress
        Told of every row.
    """
    parts = []
    for start, stop in portions(blocks, at_once):
        parts.append(table(start, stop))
        progress.advance(stop - start)
    return join_tables(parts)
