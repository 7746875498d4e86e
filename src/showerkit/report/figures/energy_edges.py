"""Bias at the edges of the energy range: given the truth, and given the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.energy_points import (
    PREDICTED_ENERGY,
    TRUE_ENERGY,
    draw_points,
    limit_to_measured,
)
from showerkit.report.figures.side_legend import place_legend
from showerkit.report.figures.style import FLOOR_COLOUR, REFERENCE_COLOUR, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation


def edges_figure(result: EnergyEvaluation) -> Figure:
    """Draw the mean residual given the true energy and given the reconstructed one, side by side.

    Grey bands are the outermost bins of the range, in which a step is looked for.
    """
    figure = new_figure(14.0, 5.6)
    left, right = figure.subplots(
        1, 2, gridspec_kw={"left": 0.075, "right": 0.985, "top": 0.91, "bottom": 0.135, "wspace": 0.2}
    )
    edges = result.edges_mev / 1000.0
    panels = (
        (left, "bias_mev", TRUE_ENERGY, r"$\langle E_{rec} - E \rangle$ [GeV]", "Given the true energy"),
        (
            right,
            "given_prediction",
            PREDICTED_ENERGY,
            r"$\langle E - E_{rec} \rangle$ [GeV]",
            "Given the reconstructed energy (calibration)",
        ),
    )
    for axes, name, x_label, y_label, title in panels:
        for low, high in ((edges[0], edges[1]), (edges[-2], edges[-1])):
            axes.axvspan(low, high, color=FLOOR_COLOUR, alpha=0.16, linewidth=0.0)
        axes.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
        curves = [candidate.curves[name] for candidate in result.candidates]
        for number, (candidate, curve) in enumerate(zip(result.candidates, curves, strict=True)):
            draw_points(axes, curve, number, len(curves), factor=1e-3, label=candidate.name)
        limit_to_measured(
            axes,
            curves,
            about=0.0,
            factor=1e-3,
            share=1.0,
            within_gev=(float(edges[0]), float(edges[-1])),
        )
        width = edges[1] - edges[0]
        beyond = 0.0 if name == "bias_mev" else 1.5 * width
        axes.set_xlim(edges[0] - beyond, edges[-1] + beyond)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.set_title(title)
    place_legend(left, loc="best")
    return figure
