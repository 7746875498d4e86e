"""Points of several calibrations of jets in bins, the uncalibrated jets in grey behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.energy_points import model_marker
from showerkit.report.figures.style import FLOOR_COLOUR, REFERENCE_COLOUR, candidate_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation
    from showerkit.evaluate.result import Curve
    from showerkit.typing import FloatArray

TRUE_PT: Final = r"True $p_T$ [GeV]"
TRUE_ETA: Final = r"True $|\eta|$"
#: Points of all calibrations together spread over this part of a bin.
_SPREAD: Final = 0.5
#: Numbers at a logarithmic axis, and at one that is longer than a factor.
_TICKS: Final = (20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000)
_FEW_TICKS: Final = (10, 30, 100, 300, 1000, 3000)
_WIDE: Final = 20.0

#: Room that an entry of a legend takes, apart from its letters, and a letter and a line, in inches.
_ENTRY_INCHES: Final = 0.75
_LETTER_INCHES: Final = 0.105
_LINE_INCHES: Final = 0.27


def calibration_colour(result: JetEnergyEvaluation, number: int) -> str:
    """Colour of the calibration of that number; the uncalibrated jets are grey."""
    if result.calibrations[number].sample.metadata is None:
        return FLOOR_COLOUR
    return candidate_colour(number)


def draw_calibration(
    axes: Axes,
    result: JetEnergyEvaluation,
    number: int,
    name: str,
    *,
    factor: float = 1.0,
    minus: float = 0.0,
    hollow: bool = False,
    labelled: bool = False,
) -> FloatArray:
    """Draw a curve of a calibration with its errors.

    Parameters
    ----------
    axes
        Where.
    result
        The evaluation.
    number
        Number of the calibration.
    name
        Name of the curve; nothing is drawn if the calibration has none.
    factor, minus
        What is drawn is factor (y - minus).
    hollow
        Draw hollow markers.
    labelled
        Make an entry in the legend.

    Returns
    -------
    numpy.ndarray
        The finite ends of the error bars.
    """
    one = result.calibrations[number]
    curve = one.curves.get(name)
    if curve is None:
        return np.zeros(0)
    known = np.isfinite(curve.y) & np.isfinite(curve.x)
    plain = one.sample.metadata is None
    value = factor * (curve.y[known] - minus)
    error = abs(factor) * np.nan_to_num(curve.error[known])
    colour = calibration_colour(result, number)
    axes.errorbar(
        shifted(curve, number, len(result.calibrations))[known],
        value,
        yerr=error,
        fmt="x" if plain else model_marker(number),
        color=colour,
        markerfacecolor="white" if hollow and not plain else colour,
        markersize=5.0,
        linewidth=1.2,
        label=one.name if labelled else None,
        zorder=2.0 if plain else 3.0,
    )
    return np.concatenate([value - error, value + error])


def shifted(curve: Curve, number: int, calibrations: int) -> FloatArray:
    """Places of the points, shifted within their bins so that they do not hide each other."""
    if curve.edges is None:
        return curve.x
    width = np.diff(curve.edges)
    middle = 0.5 * (curve.edges[1:] + curve.edges[:-1])
    # About the middle of the bin where that is nearly the mean, so that points stand in even rows.
    near = np.abs(curve.x - middle) < 0.1 * width
    # Wide bins at the ends of a spectrum must not tear their points apart.
    width = np.minimum(width, np.median(width))
    shift = _SPREAD * ((number + 0.5) / calibrations - 0.5)
    return np.asarray(np.where(near, middle, curve.x) + shift * width, dtype=np.float64)


def draw_band(axes: Axes, middle: float, half: float) -> None:
    """Draw a line at a value, with a grey band about it."""
    axes.axhspan(middle - half, middle + half, color=REFERENCE_COLOUR, alpha=0.12, linewidth=0.0)
    axes.axhline(middle, color=REFERENCE_COLOUR, linewidth=0.9)


def pt_axis(axes: Axes, result: JetEnergyEvaluation, *, labelled: bool = True) -> None:
    """Make an axis that of the true pT, logarithmic where the bins are."""
    _range(axes, result.pt_edges_gev)
    if result.config.pt_spacing == "log":
        from matplotlib.ticker import NullFormatter, ScalarFormatter

        axes.set_xscale("log")
        plain = ScalarFormatter()
        plain.set_scientific(False)
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(NullFormatter())
        low, high = result.pt_edges_gev[[0, -1]]
        # Over a wide range more numbers would run into each other, and the last into the next panel's.
        wide = high > _WIDE * low
        ticks = _FEW_TICKS if wide else _TICKS
        axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    if labelled:
        axes.set_xlabel(TRUE_PT)


def eta_axis(axes: Axes, result: JetEnergyEvaluation, *, labelled: bool = True) -> None:
    """Make an axis that of the true |eta|, as far as there are jets."""
    edges = result.abs_eta_edges
    filled = np.flatnonzero(
        np.isfinite([one.curves["response_eta"].y for one in result.calibrations]).any(axis=0)
    )
    _range(axes, edges[filled[0] : filled[-1] + 2] if len(filled) else edges)
    if labelled:
        axes.set_xlabel(TRUE_ETA)


def legend_above(figure: Figure, axes: Axes) -> None:
    """Name what an axes shows above all panels, where no point can be hidden.

    A line holds as many names as it has room for; for further lines the figure is made higher.
    """
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    width, height = figure.get_size_inches()
    across = _ENTRY_INCHES + _LETTER_INCHES * max(len(label) for label in labels)
    most = max(1, int(width / across))
    lines = -(-len(labels) // most)
    higher = height + (lines - 1) * _LINE_INCHES
    for panel in figure.axes:
        x0, y0, wide, up = panel.get_position().bounds
        panel.set_position((x0, y0 * height / higher, wide, up * height / higher))
    figure.set_size_inches(width, higher)
    columns = -(-len(labels) // lines)
    figure.legend(handles, labels, loc="upper center", ncols=columns, columnspacing=1.6)


def limits(axes: Axes, ends: list[FloatArray], *, about: float, least: float, room: float = 1.15) -> None:
    """Limit the y axis to what is drawn, with a value in it and at least so much about it."""
    values = np.concatenate([*ends, np.array([about - least, about + least])])
    low, high = float(values.min()), float(values.max())
    axes.set_ylim(about - room * (about - low), about + room * (high - about))


def _range(axes: Axes, edges: FloatArray) -> None:
    axes.set_xlim(float(edges[0]), float(edges[-1]))
