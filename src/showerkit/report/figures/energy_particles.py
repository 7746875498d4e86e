"""Resolution and response of models by kind of particle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.energy_points import model_marker
from showerkit.report.figures.side_legend import place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation


def particles_figure(result: EnergyEvaluation) -> Figure | None:
    """Draw response and resolution of every model for every particle; None for a single particle."""
    names = [particle.name for particle in result.candidates[0].particles]
    if not names:
        return None
    figure = new_figure(14.0, 5.2)
    left, right = figure.subplots(
        1, 2, gridspec_kw={"left": 0.07, "right": 0.985, "top": 0.95, "bottom": 0.13, "wspace": 0.19}
    )
    places = np.arange(len(names), dtype=np.float64)
    models = len(result.candidates)
    left.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.9)
    panels = (
        (left, "response", r"Response $\langle E_{rec} \rangle / \langle E \rangle$"),
        (right, "resolution.spread", r"$\sigma/\sqrt{E}$ [$\sqrt{GeV}$]"),
    )
    for axes, key, label in panels:
        for number, candidate in enumerate(result.candidates):
            found = [particle.measures[key] for particle in candidate.particles]
            axes.errorbar(
                places + 0.6 * ((number + 0.5) / models - 0.5),
                [one.value for one in found],
                yerr=np.nan_to_num([one.error for one in found]),
                fmt=model_marker(number),
                color=candidate_colour(number),
                markersize=6.0,
                linewidth=1.3,
                label=candidate.name,
            )
        axes.set_xticks(places, names)
        axes.tick_params(axis="x", which="minor", bottom=False, top=False)
        axes.set_xlim(-0.5, len(names) - 0.5)
        axes.set_ylabel(label)
    right.set_ylim(0.0, None)
    place_legend(left, loc="best")
    return figure
