"""How the response of calibrated jets depends on their flavour and on pile-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.aims import FLAVOUR_RATIO
from showerkit.report.figures.jet_energy_points import (
    TRUE_PT,
    draw_band,
    draw_calibration,
    legend_above,
    limits,
    pt_axis,
)
from showerkit.report.figures.style import REFERENCE_COLOUR, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation
    from showerkit.typing import FloatArray

_KINDS: Final = (("light_quark", "Light quarks"), ("gluon", "Gluons"), ("b", "b quarks"))


def flavour_figure(result: JetEnergyEvaluation) -> Figure | None:
    """Draw responses of kinds of jets relative to all, and the difference; None if no flavour is known."""
    curves = result.calibrations[0].curves
    kinds = [kind for kind in _KINDS if np.isfinite(curves[f"{kind[0]}_relative_pt"].y).any()]
    both = bool(np.isfinite(curves["quark_gluon_pt"].y).any())
    if not kinds:
        return None
    figure = new_figure(14.0, 9.0)
    grid = figure.subplots(
        2,
        2,
        sharex=True,
        gridspec_kw={
            "left": 0.085,
            "right": 0.985,
            "top": 0.915,
            "bottom": 0.08,
            "wspace": 0.17,
            "hspace": 0.14,
        },
    )
    panels = list(grid.flat)
    drawn: list[FloatArray] = []
    for axes, (key, title) in zip(panels, kinds, strict=False):
        axes.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
        drawn += [
            draw_calibration(
                axes, result, number, f"{key}_relative_pt", factor=100.0, minus=1.0, labelled=True
            )
            for number in range(len(result.calibrations))
        ]
        axes.set_title(title)
        axes.set_ylabel("Relative to all jets [%]")
    for axes in panels[: len(kinds)]:
        limits(axes, drawn, about=0.0, least=1.0)
    if both:
        axes = panels[len(kinds)]
        _half_of_baseline(result, len(kinds), figure)
        axes.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
        ends = [
            draw_calibration(axes, result, number, "quark_gluon_pt", factor=100.0)
            for number in range(len(result.calibrations))
        ]
        limits(axes, ends, about=0.0, least=1.0)
        axes.set_title(f"Light quarks - gluons (grey: half of {result.baseline_name}'s)")
        axes.set_ylabel("Difference of responses [%]")
    used = len(kinds) + both
    for axes in panels[used:]:
        axes.set_visible(False)
    for axes in panels[:used]:
        pt_axis(axes, result, labelled=False)
    for axes in panels[max(0, used - 2) : used]:
        axes.set_xlabel(TRUE_PT)
        axes.tick_params(labelbottom=True)
    legend_above(figure, panels[0])
    return figure


def _half_of_baseline(result: JetEnergyEvaluation, panel: int, figure: Figure) -> None:
    """Draw the band that the aim allows, bin by bin."""
    curve = result.calibrations[result.baseline].curves["quark_gluon_pt"]
    half = 100.0 * FLAVOUR_RATIO * np.abs(np.nan_to_num(curve.y))
    figure.axes[panel].stairs(
        half,
        result.pt_edges_gev,
        baseline=-half,
        fill=True,
        color=REFERENCE_COLOUR,
        alpha=0.12,
        linewidth=0.0,
    )


def pile_up_figure(result: JetEnergyEvaluation) -> Figure | None:
    """Draw response and resolution against the number of collisions, and the slope; None without any."""
    if "response_pile_up" not in result.calibrations[0].curves:
        return None
    figure = new_figure(14.0, 5.2)
    left, middle, right = figure.subplots(
        1, 3, gridspec_kw={"left": 0.065, "right": 0.985, "top": 0.91, "bottom": 0.15, "wspace": 0.27}
    )
    draw_band(left, 1.0, result.config.tolerated)
    right.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
    response, resolution, slope = [], [], []
    for number in range(len(result.calibrations)):
        response.append(draw_calibration(left, result, number, "response_pile_up"))
        resolution.append(
            draw_calibration(middle, result, number, "resolution_pile_up", factor=100.0, labelled=True)
        )
        slope.append(draw_calibration(right, result, number, "pile_up_slope_pt", factor=100.0))
    limits(left, response, about=1.0, least=0.03)
    middle.set_ylim(0.0, 1.3 * max((float(ends.max()) for ends in resolution if len(ends)), default=1.0))
    limits(right, slope, about=0.0, least=0.02)
    for axes, label in ((left, "Mean response"), (middle, "Resolution (central 68 %) [%]")):
        axes.set_xlabel("Further collisions")
        axes.set_ylabel(label)
    pt_axis(right, result)
    right.set_ylabel("Slope of response [% per collision]")
    legend_above(figure, middle)
    return figure
