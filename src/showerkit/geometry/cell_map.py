"""Position and size of every cell of a detector whose cells are no regular grid.

Files and networks hold the cells as an image (layers, cells_y, cells_x). Where layers differ, the image is as
large as the largest of them, and places without a cell stay empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from showerkit.geometry.layer_cells import LayerCells

#: Positions are compared with borders to this accuracy, far below any tolerance of construction.
ROUNDING_MM: Final = 1e-9
#: Pairs of positions and cells compared at once.
_PAIRS: Final = 2**20


@dataclass(frozen=True, eq=False)
class CellMap:
    """Where the cells are.

    Parameters
    ----------
    position_mm
        Centre (x, y, z) of every place of the image in mm, shape (cells, 3); of a place without a cell the
        centre of its layer.
    size_mm
        Extent of every cell along x, y and z in mm, shape (cells, 3); 0 where there is none.
    present
        Whether there is a cell, shape (cells,).
    """

    position_mm: NDArray[np.float64]
    size_mm: NDArray[np.float64]
    present: NDArray[np.bool_]

    def index_at(self, position_mm: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the cell that holds each position (N, 3), the highest of several; -1 where none does."""
        found = np.full(len(position_mm), -1, dtype=np.int64)
        cells = np.flatnonzero(self.present)
        centre, half = self.position_mm[cells], 0.5 * self.size_mm[cells] + ROUNDING_MM
        step = max(1, _PAIRS // len(cells))
        for start in range(0, len(position_mm), step):
            part = position_mm[start : start + step, None, :]
            inside = np.asarray((np.abs(part - centre) <= half).all(axis=2))
            last = len(cells) - 1 - np.argmax(inside[:, ::-1], axis=1)
            found[start : start + step] = np.where(inside.any(axis=1), cells[last], -1)
        return found


def layered_cell_map(
    layers: Sequence[LayerCells], z_mm: NDArray[np.float64], thickness_mm: NDArray[np.float64]
) -> CellMap:
    """Map the cells of layers that each have their own.

    Parameters
    ----------
    layers
        The layers' cells.
    z_mm, thickness_mm
        Centre and thickness of the cells along z, in mm, shape (layers,).

    Returns
    -------
    CellMap
        In an image of as many columns and rows as the largest layers have.
    """
    rows = max(layer.cells_y for layer in layers)
    columns = max(layer.cells_x for layer in layers)
    position = np.zeros((len(layers), rows, columns, 3))
    size = np.zeros_like(position)
    present = np.zeros((len(layers), rows, columns), dtype=bool)
    for number, layer in enumerate(layers):
        own = np.s_[number, : layer.cells_y, : layer.cells_x]
        there = layer.present
        present[own] = there
        position[own][..., :2] = np.where(there[..., None], layer.centres_mm, 0.0)
        position[number, ..., 2] = z_mm[number]
        size[own] = np.where(
            there[..., None], (layer.cell_x_mm, layer.cell_y_mm, float(thickness_mm[number])), 0.0
        )
    return CellMap(position.reshape(-1, 3), size.reshape(-1, 3), present.reshape(-1))
