"""Cells seen along the beam: an image of values of cells wherever and however large the cells are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.geometry.cell_map import CellMap
    from showerkit.typing import FloatArray, IntArray

#: Picture elements across the longer side of a detector whose cells are no regular grid.
_ACROSS: Final = 160


def front_view(
    values: NDArray[np.floating], detector: Calorimeter, *, largest: bool = False
) -> NDArray[np.float64]:
    """Look at one event's cells from the front.

    Parameters
    ----------
    values
        One value for each cell, shape (cells,).
    detector
        The calorimeter.
    largest
        Take the largest value of the cells behind one another instead of their sum.

    Returns
    -------
    numpy.ndarray
        Shape (cells_y, cells_x) for a regular grid; otherwise a finer image of the whole face, in which every
        cell has its true place and size, the gaps between cells 0.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> zdc = load_detector("zdc-ecal")
    >>> float(front_view(np.ones(zdc.n_cells), zdc).sum())
    400.0
    """
    if detector.is_grid:
        layers = np.asarray(values, dtype=np.float64).reshape(detector.shape)
    else:
        cell = _behind(detector)
        layers = np.where(cell >= 0, np.asarray(values, dtype=np.float64)[cell], 0.0)
    return np.asarray(layers.max(axis=0) if largest else layers.sum(axis=0))


def mean_view(values: FloatArray, detector: Calorimeter) -> FloatArray:
    """Mean over the layers of one value for each cell, as `front_view` places them; NaN where no cell is."""
    if detector.is_grid:
        return np.asarray(values.reshape(detector.shape).mean(axis=0))
    cell = _behind(detector)
    count = (cell >= 0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(cell >= 0, values[cell], 0.0).sum(axis=0) / count)


def _behind(detector: Calorimeter) -> IntArray:
    return _cells_behind(detector.cell_map, len(detector.layers), detector.width_x_mm, detector.width_y_mm)


@lru_cache(maxsize=4)
def _cells_behind(cells: CellMap, layers: int, width: float, height: float) -> IntArray:
    """Index of the cell behind each picture element in each layer, -1 where there is none."""
    step = max(width, height) / _ACROSS
    columns, rows = max(round(width / step), 1), max(round(height / step), 1)
    x = ((np.arange(columns) + 0.5) / columns - 0.5) * width
    y = ((np.arange(rows) + 0.5) / rows - 0.5) * height
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    per_layer = len(cells.present) // layers
    found = np.full((layers, len(plane)), -1, dtype=np.int64)
    for layer in range(layers):
        own = layer * per_layer + np.flatnonzero(cells.present[layer * per_layer : (layer + 1) * per_layer])
        low = cells.position_mm[own, :2] - 0.5 * cells.size_mm[own, :2]
        high = cells.position_mm[own, :2] + 0.5 * cells.size_mm[own, :2]
        for index, (x0, y0), (x1, y1) in zip(own.tolist(), low.tolist(), high.tolist(), strict=True):
            inside = (plane[:, 0] >= x0) & (plane[:, 0] < x1) & (plane[:, 1] >= y0) & (plane[:, 1] < y1)
            found[layer, inside] = index
    return found.reshape(layers, rows, columns)
