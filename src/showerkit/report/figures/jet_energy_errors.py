"""Pulls and coverage of calibrated jets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jet_energy.aims import COVERAGE_PERCENT, PULL_WIDTH
from showerkit.report.figures.energy_points import model_line
from showerkit.report.figures.jet_energy_points import (
    calibration_colour,
    draw_band,
    draw_calibration,
    limits,
    pt_axis,
)
from showerkit.report.figures.side_legend import has_legend_beside, place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation


def pulls_figure(result: JetEnergyEvaluation) -> Figure | None:
    """Draw the pulls, and their width and mean by pT; None if nothing predicts errors."""
    having = [number for number, one in enumerate(result.calibrations) if "pulls" in one.curves]
    if not having:
        return None
    figure = new_figure(14.0, 5.8)
    left, right = figure.subplots(
        1, 2, gridspec_kw={"left": 0.07, "right": 0.985, "top": 0.96, "bottom": 0.13, "wspace": 0.19}
    )
    x = np.linspace(-5.0, 5.0, 300)
    unit = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
    left.plot(x, unit, color=REFERENCE_COLOUR, linewidth=1.0, linestyle="--", label="Unit Gaussian")
    draw_band(right, 1.0, PULL_WIDTH)
    right.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
    peak, ends = 0.4, []
    for number in having:
        one = result.calibrations[number]
        curve = one.curves["pulls"]
        width, mean = one.measures["pull.width"], one.measures["pull.mean"]
        left.stairs(
            curve.y,
            curve.edges,
            color=calibration_colour(result, number),
            linewidth=1.5,
            linestyle=model_line(number),
            label=f"{one.name}: mean {mean.value:.3f}, width {width.value:.3f}",
        )
        peak = max(peak, float(curve.y.max()))
        ends.append(draw_calibration(right, result, number, "pull_width_pt", labelled=True))
        ends.append(draw_calibration(right, result, number, "pull_mean_pt", hollow=True))
    left.set_xlim(-5.0, 5.0)
    beside = has_legend_beside(1 + len(having))
    left.set_ylim(0.0, peak * (1.15 + (0.0 if beside else 0.09 * len(having))))
    left.set_xlabel(r"Pull $(p_T - p_T^{true})/\sigma$")
    left.set_ylabel("Density")
    limits(right, ends, about=0.5, least=0.75)
    pt_axis(right, result)
    right.set_ylabel("Pull: width (filled), mean (open)")
    place_legend(left, loc="upper left", fontsize=11.0)
    if not beside:
        right.legend(loc="best", fontsize=11.5)
    return figure


def coverage_figure(result: JetEnergyEvaluation) -> Figure | None:
    """Draw the coverage by pT, and what is nominal within 1 %; None if nothing has intervals."""
    having = [number for number, one in enumerate(result.calibrations) if "coverage_pt" in one.curves]
    if not having:
        return None
    figure = new_figure(9.0, 5.8)
    axes = figure.add_axes((0.12, 0.13, 0.86, 0.84))
    levels = {100.0 * result.calibrations[number].nominal_coverage for number in having}
    for level in sorted(levels):
        draw_band(axes, level, COVERAGE_PERCENT)
    ends = [
        draw_calibration(axes, result, number, "coverage_pt", factor=100.0, labelled=True)
        for number in having
    ]
    limits(axes, ends, about=max(levels), least=3.0 * COVERAGE_PERCENT)
    pt_axis(axes, result)
    axes.set_ylabel("Coverage [%]")
    place_legend(axes, loc="best")
    return figure
