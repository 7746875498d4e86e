"""How far the axes of a figure reach, and what lies beyond them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.style import candidate_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from showerkit.typing import FloatArray

#: Fewer decades than this show hardly a power of ten: their ticks are written as plain numbers.
_FEW_DECADES: Final = 1.3
_MOST_DECADES: Final = 7.0


def ratio_limits(ratios: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[float, float]:
    """Limits that show the well-measured ratios, within 0 to 2 and at least 5 % wide.

    Parameters
    ----------
    ratios
        Ratios and their errors.

    Returns
    -------
    tuple
        The lowest and the highest ratio shown, as far below 1 as above.

    Examples
    --------
    >>> import numpy as np
    >>> ratio_limits([(np.array([0.5, 1.5]), np.array([0.01, 0.01]))])
    (0.375, 1.625)
    """
    values = [value[_well_measured(value, error)] for value, error in ratios]
    distance = np.abs(np.concatenate(values) - 1.0) if values else np.array([])
    if len(distance) == 0:
        return 0.0, 2.0
    half = float(np.clip(1.25 * np.quantile(distance, 0.95), 0.05, 1.0))
    return 1.0 - half, 1.0 + half


def mark_beyond(axes: Axes, x: FloatArray, value: FloatArray, error: FloatArray, number: int) -> None:
    """Draw an arrowhead at the edge for each well-measured point of a candidate that lies beyond it.

    Parameters
    ----------
    axes
        Where the limits are set already.
    x, value, error
        The points.
    number
        The candidate's number, for its colour.
    """
    low, high = axes.get_ylim()
    known = _well_measured(value, error)
    for edge, marker, beyond in ((high, "^", value > high), (low, "v", value < low)):
        chosen = known & beyond
        if chosen.any():
            axes.plot(
                x[chosen],
                np.full(int(chosen.sum()), edge),
                linestyle="none",
                marker=marker,
                markersize=7.0,
                color=candidate_colour(number),
                clip_on=False,
                zorder=5.0,
            )


def limit_decades(axes: Axes, curves: Sequence[FloatArray], *, room: float = 0.2) -> None:
    """Keep a logarithmic axis to where the curves are, seven decades at most, with room for a legend.

    Parameters
    ----------
    axes
        Whose y axis is logarithmic.
    curves
        What is drawn.
    room
        Share of the axis above the highest point, for a legend.
    """
    positive = np.concatenate([curve[np.isfinite(curve) & (curve > 0.0)] for curve in curves])
    if len(positive) == 0:
        return
    low, high = math.log10(float(positive.min())), math.log10(float(positive.max()))
    low = max(low, high - _MOST_DECADES)
    span = high - low
    bottom = low - min(0.05 + 0.15 * span, 0.3)
    top = bottom + (high + 0.03 - bottom) / (1.0 - room)
    axes.set_ylim(10.0**bottom, 10.0**top)
    if top - bottom < _FEW_DECADES:
        plain_ticks(axes.yaxis)


def plain_ticks(axis: Axis, at: Sequence[float] = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)) -> None:
    """Write 0.2, 0.3, 0.5 and so on at a logarithmic axis that spans a decade or two."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=tuple(at)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axis.set_minor_formatter(NullFormatter())


def _well_measured(value: FloatArray, error: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Ratios that are known to a quarter."""
    return np.asarray((error < 0.25) & np.isfinite(value))
