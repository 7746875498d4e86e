"""Take from each event's image the cells of rows and columns of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Cells that one step of a gather fills, so that its index stays in the processor's cache.
_CELLS_AT_ONCE: Final = 2**18


def gather_cells(
    source: NDArray[np.floating[Any]],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    rows_inside: NDArray[np.bool_],
    columns_inside: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Take source[event, layer, rows[event, i] + columns[event, j]], or 0 where i or j is not inside.

    Parameters
    ----------
    source
        Energies in MeV, shape (N, layers, cells of a layer).
    rows, columns
        What each row and column of the result adds to the index of a cell, shapes (N, I) and (N, J).
    rows_inside, columns_inside
        Whether it lies inside of the source, of the same shapes.

    Returns
    -------
    numpy.ndarray
        Energies in MeV, shape (N, layers, I, J).
    """
    events, layers, cells = source.shape
    flat = np.ascontiguousarray(source, dtype=np.float32).reshape(-1)
    rows, columns = np.where(rows_inside, rows, 0), np.where(columns_inside, columns, 0)
    taken = np.empty((events, layers, rows.shape[1], columns.shape[1]), dtype=np.float32)
    begin = (np.arange(events * layers) * cells).reshape(events, layers, 1, 1)
    step = max(1, _CELLS_AT_ONCE // (layers * rows.shape[1] * columns.shape[1]))
    for start in range(0, events, step):
        some = slice(start, start + step)
        index = begin[some] + rows[some, None, :, None] + columns[some, None, None, :]
        outside = ~(rows_inside[some, None, :, None] & columns_inside[some, None, None, :])
        taken[some] = np.where(outside, np.float32(0.0), flat.take(index))
    return taken
