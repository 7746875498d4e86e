"""Where windows lie in the images of a detector, and how they are turned."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the windows of N showers lie and how they are turned.

    Parameters
    ----------
    column, row
        The cell (ix, iy) that is the window's centre, shape (N,).
    offset_x, offset_y
        Crossing point from that cell's centre in pitches, after reflection and exchange, shape (N,);
        within -0.5 and 0.5 unless the line of flight misses the detector.
    slope_x, slope_y
        px / pz and py / pz, after reflection and exchange, shape (N,).
    flip_x, flip_y
        Whether x or y is reflected, shape (N,).
    exchange
        Whether x and y are exchanged, after the reflections, shape (N,).
    """

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    offset_x: NDArray[np.float64]
    offset_y: NDArray[np.float64]
    slope_x: NDArray[np.float64]
    slope_y: NDArray[np.float64]
    flip_x: NDArray[np.bool_]
    flip_y: NDArray[np.bool_]
    exchange: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> Placement:
        return Placement(*(getattr(self, field.name)[index] for field in fields(self)))
