"""Coverage of the intervals against true and reconstructed energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.energy_points import PREDICTED_ENERGY, TRUE_ENERGY, model_marker
from showerkit.report.figures.side_legend import place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation

#: Bins with fewer events have no coverage worth drawing.
_FEWEST: Final = 20


def coverage_figure(result: EnergyEvaluation) -> Figure | None:
    """Draw coverage with binomial errors, and what is nominal within 1 %; None if no model has intervals."""
    having = [(number, candidate) for number, candidate in enumerate(result.candidates) if candidate.coverage]
    if not having:
        return None
    figure = new_figure(14.0, 5.6)
    left, right = figure.subplots(
        1,
        2,
        sharey=True,
        gridspec_kw={"left": 0.07, "right": 0.985, "top": 0.91, "bottom": 0.135, "wspace": 0.06},
    )
    edges = result.edges_mev / 1000.0
    width = edges[1] - edges[0]
    panels = ((left, "true", TRUE_ENERGY, 0.0), (right, "predicted", PREDICTED_ENERGY, 1.5 * width))
    reach = 2.0
    for axes, name, x_label, beyond in panels:
        for nominal in sorted({candidate.nominal_coverage for _, candidate in having}):
            level = 100.0 * nominal
            axes.axhspan(level - 1.0, level + 1.0, color=REFERENCE_COLOUR, alpha=0.12, linewidth=0.0)
            axes.axhline(level, color=REFERENCE_COLOUR, linewidth=0.9)
        for number, candidate in having:
            curve = candidate.coverage[name]
            shown = curve.events >= _FEWEST
            share = 100.0 * curve.coverage[shown]
            shift = 0.45 * width * ((number + 0.5) / len(result.candidates) - 0.5)
            axes.errorbar(
                curve.energy_mev[shown] / 1000.0 + shift,
                share,
                yerr=np.stack([share - 100.0 * curve.low[shown], 100.0 * curve.high[shown] - share]),
                fmt=model_marker(number),
                color=candidate_colour(number),
                markersize=4.5,
                linewidth=1.2,
                label=candidate.name,
            )
            inside = (curve.energy_mev[shown] >= result.edges_mev[0]) & (
                curve.energy_mev[shown] <= result.edges_mev[-1]
            )
            away = np.abs(share - 100.0 * candidate.nominal_coverage)[inside]
            reach = max(reach, float(away.max()) if len(away) else 0.0)
        axes.set_xlim(edges[0] - beyond, edges[-1] + beyond)
        axes.set_xlabel(x_label)
    middle = 100.0 * having[0][1].nominal_coverage
    left.set_ylim(max(0.0, middle - 1.2 * reach), min(101.0, middle + 1.2 * reach))
    left.set_ylabel("Coverage [%]")
    left.set_title("Against the true energy")
    right.set_title("Against the reconstructed energy")
    place_legend(left, loc="best")
    return figure
