"""Where windows lie in the images of a detector, and how they are turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from showerkit.data.line_of_flight import LinesOfFlight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Placement(LinesOfFlight):
    """Where the windows of N showers lie and how they are turned.

    Offsets are crossing points from the central cell's centre in pitches, within -0.5 and 0.5 unless the line
    of flight misses the detector; they and the slopes hold after reflection and exchange.

    Parameters
    ----------
    offset_x, offset_y, slope_x, slope_y
        See `LinesOfFlight`.
    column, row
        The cell (ix, iy) that is the window's centre, shape (N,).
    flip_x, flip_y
        Whether x or y is reflected, shape (N,).
    exchange
        Whether x and y are exchanged, after the reflections, shape (N,).
    """

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    flip_x: NDArray[np.bool_]
    flip_y: NDArray[np.bool_]
    exchange: NDArray[np.bool_]
