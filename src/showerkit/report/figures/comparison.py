"""Several runs in one figure, each beside the floor of its own evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.energy_ranges import RANGES, Which, range_ratios
from showerkit.report.figures.hit_probability import floor_band, grouped
from showerkit.report.figures.style import (
    FLOOR_COLOUR,
    MARKERS,
    REFERENCE_COLOUR,
    candidate_colour,
    new_figure,
    ratio_axes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.evaluate.hit_probability import HitProbabilityDistance
    from showerkit.evaluate.result import Curve
    from showerkit.report.run_record import RunRecord
    from showerkit.typing import FloatArray

_ENERGY: Final = "Incident energy [GeV]"
_WIDTH, _HEIGHT = 10.0, 7.0
#: So many panels are drawn large.
_FEW: Final = 6


def hit_probability_comparison(records: Sequence[RunRecord], which: Which = "hit") -> Figure:
    """Draw the mean squared error against energy, averaged over ranges, and its ratio to the floor.

    Parameters
    ----------
    records
        The runs.
    which
        The error of the hits, or of MASK.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    main, ratio = ratio_axes(figure)
    for floor in _different_floors(records):
        edges, mean, error = grouped(floor, floor.mse, floor.error, RANGES)
        floor_band(main, edges, mean, error, "Geant4 floor" if floor is _floor(records[0]) else None)
        with np.errstate(invalid="ignore", divide="ignore"):
            floor_band(ratio, edges, np.ones_like(mean), error / mean, None)
    for number, record, distance in _distances(records, which):
        edges, mean, error = grouped(distance, distance.mse, distance.error, RANGES)
        _, value, half = range_ratios(record, which)
        shift = 1.0 + 0.5 * _shift(number, len(records))
        x = edges[:-1] + 0.5 * shift * np.diff(edges)
        _points(main, x, mean, error, number, record.name)
        _points(ratio, x, value, half, number, None)
    main.set_ylabel(f"MSE of the {'hit probability' if which == 'hit' else 'MASK probability'}")
    _finish(main, ratio, "Ratio to\nfloor")
    main.set_ylim(bottom=0.0)
    ratio.set_ylim(bottom=0.0)
    return figure


def every_bin_comparison(records: Sequence[RunRecord]) -> Figure:
    """Draw the mean squared error of the hit probability in every energy bin, one panel for each run."""
    columns = min(2, len(records)) if len(records) <= _FEW else 4
    rows = -(-len(records) // columns)
    height = 1.6 + (3.0 if columns <= 2 else 2.4) * rows
    figure = new_figure(_WIDTH if columns <= 2 else 1.6 * _WIDTH, height)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=0.11 if columns <= 2 else 0.09,
        right=0.98,
        top=1.0 - 0.45 / height,
        bottom=0.8 / height,
        hspace=0.28,
        wspace=0.06,
    )
    for number, (axes, record) in enumerate(zip(panels.flat, records, strict=False)):
        floor, distance = record.floor_hit_probability, record.hit_probability
        for values, colour, label in (
            (floor, FLOOR_COLOUR, "Geant4 floor"),
            (distance, candidate_colour(number), record.name),
        ):
            axes.stairs(
                values.mse, values.edges_mev / 1000.0, color=colour, linewidth=1.1, label=label, baseline=None
            )
        axes.set_title(record.name, pad=4.0)
        if columns <= 2 or number == 0:
            axes.legend(loc="upper left", ncols=2 if columns <= 2 else 1, fontsize=10.0)
    for axes in panels.flat[len(records) :]:
        axes.set_visible(False)
    for axes in panels.flat[max(0, len(records) - columns) : len(records)]:
        axes.tick_params(labelbottom=True)
    tops = [float(np.nanmax(record.hit_probability.mse, initial=0.0)) for record in records]
    # One run that failed must not hide the others.
    top = min(max(tops), 6.0 * float(np.median(tops)))
    panels[0, 0].set_ylim(0.0, 1.35 * top if top > 0.0 else 1.0)
    figure.supxlabel(_ENERGY, fontsize=15.0)
    figure.supylabel("MSE of the hit probability, every bin", fontsize=15.0)
    return figure


def curve_comparison(records: Sequence[RunRecord], key: str, y_label: str, *, log: bool = False) -> Figure:
    """Draw a dependence on the incident energy and its ratio to the reference.

    Parameters
    ----------
    records
        The runs.
    key
        Name of the curve.
    y_label
        What it is.
    log
        Whether the axis is logarithmic.
    """
    figure = new_figure(_WIDTH, _HEIGHT)
    main, ratio = ratio_axes(figure)
    _, reference, floor = records[0].curves(key)
    for axes, base in ((main, None), (ratio, reference)):
        for curve, colour, hatch, label in (
            (reference, REFERENCE_COLOUR, None, "Reference (Geant4)"),
            (floor, FLOOR_COLOUR, "////", "Geant4 floor"),
        ):
            y, error = _over(curve, base)
            axes.fill_between(
                curve.x / 1000.0,
                y - np.nan_to_num(error),
                y + np.nan_to_num(error),
                facecolor="none" if hatch else colour,
                edgecolor=colour if hatch else "none",
                hatch=hatch,
                alpha=None if hatch else 0.25,
                linewidth=0.6,
                label=label if base is None else None,
            )
    for number, record in enumerate(records):
        curve, own_reference, _ = record.curves(key)
        step = float(np.nanmedian(np.diff(curve.x))) if len(curve.x) > 1 else 0.0
        x = (curve.x + 0.25 * step * _shift(number, len(records))) / 1000.0
        _points(main, x, curve.y, curve.error, number, record.name)
        _points(ratio, x, *_over(curve, own_reference), number, None)
    main.set_ylabel(y_label)
    if log and any((record.curves(key)[0].y > 0.0).any() for record in records):
        main.set_yscale("log")
    _finish(main, ratio, "Ratio to\nreference")
    return figure


def _distances(
    records: Sequence[RunRecord], which: Which
) -> list[tuple[int, RunRecord, HitProbabilityDistance]]:
    """The runs that have such a distance, with their numbers."""
    found = []
    for number, record in enumerate(records):
        distance = record.hit_probability if which == "hit" else record.mask_probability
        if distance is not None:
            found.append((number, record, distance))
    return found


def _floor(record: RunRecord) -> HitProbabilityDistance:
    return record.floor_hit_probability


def _different_floors(records: Sequence[RunRecord]) -> list[HitProbabilityDistance]:
    floors: list[HitProbabilityDistance] = []
    for record in records:
        mine = _floor(record)
        if not any(np.array_equal(mine.mse, other.mse, equal_nan=True) for other in floors):
            floors.append(mine)
    return floors


def _over(curve: Curve, base: Curve | None) -> tuple[FloatArray, FloatArray]:
    """A curve and its error, divided by another curve if there is one of the same bins."""
    if base is None:
        return curve.y, curve.error
    if len(base.y) != len(curve.y):
        return np.full_like(curve.y, np.nan), np.full_like(curve.y, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return curve.y / base.y, curve.error / np.abs(base.y)


def _shift(number: int, count: int) -> float:
    """Where in its bin a run's points are drawn, from -1 to 1, so that they do not hide each other."""
    return 0.0 if count == 1 else 2.0 * number / (count - 1) - 1.0


def _points(
    axes: Axes, x: FloatArray, y: FloatArray, error: FloatArray, number: int, label: str | None
) -> None:
    axes.errorbar(
        x,
        y,
        yerr=np.nan_to_num(error),
        fmt=MARKERS[(number + number // len(MARKERS)) % len(MARKERS)],
        color=candidate_colour(number),
        markersize=4.5,
        linewidth=1.2,
        label=label,
    )


def _finish(main: Axes, ratio: Axes, label: str) -> None:
    low, high = main.get_ylim()
    if main.get_yscale() == "linear":
        main.set_ylim(low, high + 0.28 * (high - low))
    main.legend(loc="best", ncols=2)
    ratio.set_ylabel(label)
    ratio.set_xlabel(_ENERGY)
    ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
