"""Which cell of a regular grid holds a position: by division, whatever the number of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.geometry.cell_map import ROUNDING_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.geometry.calorimeter import Calorimeter


def grid_index_at(detector: Calorimeter, position_mm: NDArray[np.float64]) -> NDArray[np.int64]:
    """Flat index of the cell that holds each position.

    Parameters
    ----------
    detector
        A calorimeter whose layers all have the same regular grid of cells.
    position_mm
        Positions (x, y, z) in mm, shape (N, 3).

    Returns
    -------
    numpy.ndarray
        Indices, shape (N,); -1 where there is no cell. On a border, the higher of two indices.
    """
    found = np.asarray(np.isfinite(position_mm).all(axis=1))
    place = np.where(found[:, None], position_mm, 0.0)
    numbers = []
    for values, centres, pitch_mm, width_mm in (
        (place[:, 1], detector.cell_y, detector.pitch_y_mm, detector.cell_y_mm),
        (place[:, 0], detector.cell_x, detector.pitch_x_mm, detector.cell_x_mm),
    ):
        raw = np.floor(values / pitch_mm + 0.5 * len(centres))
        number = np.clip(raw, 0, len(centres) - 1).astype(np.int64)
        found &= np.abs(values - centres[number]) <= 0.5 * width_mm + ROUNDING_MM
        numbers.append(number)
    front, back = detector.layer_edges_mm[:, 0], detector.layer_edges_mm[:, 1]
    before = np.asarray(np.searchsorted(front - ROUNDING_MM, place[:, 2], side="right"))
    layer = np.maximum(before - 1, 0)
    found &= (place[:, 2] >= front[layer] - ROUNDING_MM) & (place[:, 2] <= back[layer] + ROUNDING_MM)
    return np.where(found, detector.index(layer, *numbers), -1)
