"""Curves of the reference, the floor and the candidates in one frame, with their ratios below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.report.figures.axis_limits import limit_decades, mark_beyond, ratio_limits
from showerkit.report.figures.style import (
    FLOOR_COLOUR,
    REFERENCE_COLOUR,
    candidate_colour,
    candidate_marker,
    new_figure,
    ratio_axes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import Curve, EvaluationResult
    from showerkit.typing import FloatArray

Scale = Literal["linear", "log"]
_LEGEND_COLUMNS: Final = 2
#: Height of a line of the legend over that of the main panel.
_LEGEND_ROW: Final = 0.07


@dataclass(frozen=True, eq=False)
class OverlaidCurves:
    """Curves to draw in one frame.

    Parameters
    ----------
    reference, floor
        Those of the reference and of the floor.
    candidates
        Those of the candidates by name.
    reference_label, floor_label
        What the legend calls the reference and the floor.
    """

    reference: Curve
    floor: Curve
    candidates: Mapping[str, Curve]
    reference_label: str = "Reference (Geant4)"
    floor_label: str = "Geant4 floor"


def overlay_figure(
    result: EvaluationResult,
    key: str,
    *,
    x_label: str,
    y_label: str,
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    x_factor: float = 1.0,
    y_factor: float = 1.0,
) -> Figure:
    """Draw one curve of every sample and, below, its ratio to the reference.

    Parameters
    ----------
    result
        The evaluation.
    key
        Name of the curve.
    x_label, y_label
        Labels of the axes, with units.
    x_scale, y_scale
        Scales of the axes.
    x_factor
        Factor from the curve's x to that of the label (such as 0.001 from MeV to GeV).
    y_factor
        The same for y.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    curves = OverlaidCurves(
        result.reference.curves[key],
        result.floor.sample.curves[key],
        {candidate.sample.facts.name: candidate.sample.curves[key] for candidate in result.candidates},
    )
    return overlaid(
        curves,
        x_label=x_label,
        y_label=y_label,
        x_scale=x_scale,
        y_scale=y_scale,
        x_factor=x_factor,
        y_factor=y_factor,
    )


def overlaid(
    curves: OverlaidCurves,
    *,
    x_label: str,
    y_label: str,
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    x_factor: float = 1.0,
    y_factor: float = 1.0,
) -> Figure:
    """Draw curves and, below, their ratios to the reference (further parameters as for `overlay_figure`).

    Parameters
    ----------
    curves
        What to draw.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    figure = new_figure()
    main, ratio = ratio_axes(figure)
    reference, floor, candidates = curves.reference, curves.floor, curves.candidates
    y, error = reference.y * y_factor, reference.error * y_factor
    _band(main, reference, y, error, REFERENCE_COLOUR, x_factor, curves.reference_label)
    _hatched(main, floor, floor.y * y_factor, floor.error * y_factor, x_factor, curves.floor_label)
    _band(ratio, reference, np.ones_like(reference.y), relative(reference), REFERENCE_COLOUR, x_factor, None)
    _hatched(ratio, floor, *_ratio(floor, reference), x_factor, None)
    spread = [_ratio(floor, reference)]
    for number, (name, curve) in enumerate(candidates.items()):
        y, error = curve.y * y_factor, curve.error * y_factor
        _points(main, curve, y, error, number, x_factor, name)
        _points(ratio, curve, *_ratio(curve, reference), number, x_factor, None)
        spread.append(_ratio(curve, reference))
    drawn = [reference, floor, *candidates.values()]
    if not any((curve.y > 0.0).any() for curve in drawn):
        # A handful of showers may fill no bin: an empty figure has no logarithm.
        y_scale = "linear"
    # The legend has the top of the panel for itself, since points may lie anywhere below.
    room = 0.03 + _LEGEND_ROW * -(-(2 + len(candidates)) // _LEGEND_COLUMNS)
    main.set_yscale(y_scale)
    main.set_xscale(x_scale)
    main.set_ylabel(y_label)
    if y_scale == "linear":
        low, high = main.get_ylim()
        main.set_ylim(low, low + (high - low) / (1.0 - room))
    else:
        limit_decades(main, [curve.y * y_factor for curve in (reference, *candidates.values())], room=room)
    main.legend(loc="upper center", ncols=_LEGEND_COLUMNS)
    ratio.set_xlabel(x_label)
    ratio.set_ylabel("Ratio to\nreference")
    ratio.set_ylim(*ratio_limits(spread))
    for number, (curve, (value, error)) in enumerate(zip(candidates.values(), spread[1:], strict=True)):
        mark_beyond(ratio, curve.x * x_factor, value, error, number)
    ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
    if reference.edges is not None:
        ratio.set_xlim(reference.edges[0] * x_factor, reference.edges[-1] * x_factor)
    return figure


def relative(curve: Curve) -> FloatArray:
    """Relative error of a curve, NaN where it is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(curve.y != 0.0, curve.error / np.abs(curve.y), np.nan))


def _ratio(curve: Curve, reference: Curve) -> tuple[FloatArray, FloatArray]:
    """Ratio to the reference and its error from the curve alone (the reference has its own band)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        usable = reference.y != 0.0
        value = np.where(usable, curve.y / reference.y, np.nan)
        error = np.where(usable, curve.error / np.abs(reference.y), np.nan)
    return value, error


def _steps(curve: Curve, values: FloatArray, x_factor: float) -> tuple[FloatArray, FloatArray]:
    """Corners of a staircase along a curve's bins."""
    x = curve.x if curve.edges is None else curve.edges
    if curve.edges is None:
        return x * x_factor, values
    return np.repeat(x * x_factor, 2)[1:-1], np.repeat(values, 2)


def _band(
    axes: Axes,
    curve: Curve,
    y: FloatArray,
    error: FloatArray,
    colour: str,
    x_factor: float,
    label: str | None,
) -> None:
    x, line = _steps(curve, y, x_factor)
    _, half = _steps(curve, np.nan_to_num(error), x_factor)
    axes.fill_between(x, line - half, line + half, color=colour, alpha=0.22, linewidth=0.0)
    axes.plot(x, line, color=colour, linewidth=1.6, label=label)


def _hatched(
    axes: Axes, curve: Curve, y: FloatArray, error: FloatArray, x_factor: float, label: str | None
) -> None:
    x, line = _steps(curve, y, x_factor)
    _, half = _steps(curve, np.nan_to_num(error), x_factor)
    axes.fill_between(
        x,
        line - half,
        line + half,
        facecolor="none",
        edgecolor=FLOOR_COLOUR,
        hatch="////",
        linewidth=0.6,
        label=label,
    )


def _points(
    axes: Axes,
    curve: Curve,
    y: FloatArray,
    error: FloatArray,
    number: int,
    x_factor: float,
    label: str | None,
) -> None:
    x = curve.x
    half_width = None
    if curve.edges is not None:
        half_width = np.stack([x - curve.edges[:-1], curve.edges[1:] - x]) * x_factor
    shown = np.isfinite(y)
    axes.errorbar(
        x[shown] * x_factor,
        y[shown],
        yerr=np.nan_to_num(error[shown]),
        xerr=None if half_width is None or len(x) > 30 else half_width[:, shown],
        fmt=candidate_marker(number),
        color=candidate_colour(number),
        markersize=4.0,
        linewidth=1.2,
        label=label,
    )
