"""Distribution of the residuals over the root of the energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.energy_points import model_line
from showerkit.report.figures.side_legend import has_legend_beside, place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour, new_figure, ratio_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation


def residuals_figure(result: EnergyEvaluation) -> Figure:
    """Draw the density of (E_rec - E)/sqrt(E), linear and, below, logarithmic for the tails."""
    figure = new_figure(9.0, 7.0)
    main, tails = ratio_axes(figure)
    for number, candidate in enumerate(result.candidates):
        curve = candidate.curves["scaled_residuals"]
        measures = candidate.measures
        label = (
            f"{candidate.name}: std. dev. {measures['resolution.spread'].value:.3f}, "
            f"central 68 % {measures['resolution.core'].value:.3f}"
        )
        for axes in (main, tails):
            axes.stairs(
                curve.y,
                curve.edges,
                color=candidate_colour(number),
                linewidth=1.5,
                linestyle=model_line(number),
                label=label if axes is main else None,
            )
    main.axvline(0.0, color=REFERENCE_COLOUR, linewidth=0.8)
    peak = max(float(candidate.curves["scaled_residuals"].y.max()) for candidate in result.candidates)
    models = len(result.candidates)
    main.set_ylim(0.0, peak * (1.1 + (0.0 if has_legend_beside(models) else 0.09 * models)))
    main.set_ylabel(r"Density [$1/\sqrt{GeV}$]")
    place_legend(main, loc="upper left", fontsize=11.0)
    tails.set_yscale("log")
    smallest = [
        curve.y[curve.y > 0.0].min()
        for curve in (candidate.curves["scaled_residuals"] for candidate in result.candidates)
        if (curve.y > 0.0).any()
    ]
    tails.set_ylim(0.5 * float(np.min(smallest)) if smallest else None, 3.0 * peak)
    tails.set_ylabel("Density")
    edges = [candidate.curves["scaled_residuals"].edges for candidate in result.candidates]
    reach = max(float(edge[-1]) for edge in edges if edge is not None)
    tails.set_xlim(-reach, reach)
    tails.set_xlabel(r"$(E_{rec} - E)/\sqrt{E}$ [$\sqrt{GeV}$]")
    return figure
