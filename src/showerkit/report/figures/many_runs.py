"""Many runs in one figure: lines by families, each beside the floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.energy_ranges import RANGES, Which, range_ratios
from showerkit.report.figures.family_panels import family_legend, family_line, family_panels
from showerkit.report.figures.hit_probability import floor_band, grouped
from showerkit.report.figures.style import FLOOR_COLOUR, REFERENCE_COLOUR
from showerkit.report.run_families import run_families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.report.run_record import RunRecord
    from showerkit.typing import FloatArray

_ENERGY: Final = "Incident energy [GeV]"
#: Curves so many times above all others' median are cut off: one run that failed must not hide the others.
_CUT: Final = 6.0


def many_hit_probabilities(records: Sequence[RunRecord], which: Which = "hit") -> Figure:
    """Draw the mean squared error against energy and its ratio to the floor, a row for each family.

    Parameters
    ----------
    records
        The runs.
    which
        The error of the hits, or of MASK.
    """
    families = run_families([r for r in records if which == "hit" or r.mask_probability is not None])
    figure, rows = family_panels(list(families), 2, _ENERGY)
    tops: tuple[list[float], list[float]] = ([], [])
    for (family, members), (main, ratio) in zip(families.items(), rows, strict=True):
        floor = members[0].floor_hit_probability
        edges, mean, error = grouped(floor, floor.mse, floor.error, RANGES)
        floor_band(main, edges, mean, error, "Geant4 floor")
        with np.errstate(invalid="ignore", divide="ignore"):
            floor_band(ratio, edges, np.ones_like(mean), error / mean, None)
        for number, record in enumerate(members):
            distance = record.hit_probability if which == "hit" else record.mask_probability
            if distance is None:
                continue
            edges, mean, _ = grouped(distance, distance.mse, distance.error, RANGES)
            edges, value, half = range_ratios(record, which)
            _line(main, edges, mean, None, number, record.name)
            _line(ratio, edges, value, half, number, None)
            for top, values in zip(tops, (mean, value), strict=True):
                top += [float(np.nanmin(values)), float(np.nanmax(values, initial=0.0))]
        main.set_ylabel("MSE" if which == "hit" else "MSE of MASK")
        ratio.set_ylabel("Ratio to floor")
        ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
        family_legend((main, ratio), family)
    # A run that failed lies a hundred times above those that agree, which differ by hundredths.
    for axes, heights in zip(rows[0], tops, strict=True):
        axes.set_yscale("log")
        known = [height for height in heights if height > 0.0]
        axes.set_ylim(0.6 * min(known, default=1.0), 1.5 * max(known, default=1.0))
    return figure


def many_curves(records: Sequence[RunRecord], key: str, y_label: str) -> Figure:
    """Draw a dependence on the incident energy and its ratio to the reference, a row for each family.

    Parameters
    ----------
    records
        The runs.
    key
        Name of the curve.
    y_label
        What it is.
    """
    families = run_families(records)
    figure, rows = family_panels(list(families), 2, _ENERGY)
    lows: list[float] = []
    tops: tuple[list[float], list[float]] = ([], [])
    for (family, members), (main, ratio) in zip(families.items(), rows, strict=True):
        _, reference, floor = members[0].curves(key)
        for curve, colour, label in (
            (reference, REFERENCE_COLOUR, "Reference (Geant4)"),
            (floor, FLOOR_COLOUR, "Geant4 floor"),
        ):
            for axes, scale in ((main, np.ones_like(curve.y)), (ratio, reference.y)):
                with np.errstate(invalid="ignore", divide="ignore"):
                    y, half = curve.y / scale, np.nan_to_num(curve.error) / scale
                axes.fill_between(
                    curve.x / 1000.0, y - half, y + half, color=colour, alpha=0.3, linewidth=0.6, label=label
                )
        for number, record in enumerate(members):
            curve, own, _ = record.curves(key)
            if len(own.y) != len(curve.y):
                continue
            with np.errstate(invalid="ignore", divide="ignore"):
                both = (curve.y, curve.y / own.y)
            colour, style = family_line(number)
            for axes, y, top in zip((main, ratio), both, tops, strict=True):
                axes.plot(curve.x / 1000.0, y, style, color=colour, linewidth=1.6, label=record.name)
                top.append(float(np.nanmax(y, initial=0.0)))
            lows.append(float(np.nanmin(both[1], initial=1.0)))
        main.set_ylabel(y_label)
        ratio.set_ylabel("Ratio to Geant4")
        family_legend((main, ratio), family)
    rows[0][0].set_ylim(0.0, _highest(tops[0]))
    rows[0][1].set_ylim(min([0.9, *lows]) - 0.05, max(1.1, _highest(tops[1])))
    return figure


def _line(
    axes: Axes, edges: FloatArray, y: FloatArray, error: FloatArray | None, number: int, label: str | None
) -> None:
    colour, style = family_line(number)
    centre = 0.5 * (edges[1:] + edges[:-1])
    axes.plot(centre, y, style, color=colour, linewidth=1.6, label=label)
    if error is not None:
        low, high = y - np.nan_to_num(error), y + np.nan_to_num(error)
        axes.fill_between(centre, low, high, color=colour, alpha=0.12, linewidth=0.0)


def _highest(tops: list[float]) -> float:
    """Top of an axis that shows all runs but those far above the others."""
    largest = 1.08 * max(tops, default=1.0)
    return min(largest, _CUT * float(np.median(tops))) if tops and largest > 0.0 else 1.0
