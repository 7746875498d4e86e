"""Pulls of models that predict an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.energy_points import TRUE_ENERGY, draw_points, model_line
from showerkit.report.figures.side_legend import has_legend_beside, place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation


def pulls_figure(result: EnergyEvaluation) -> Figure | None:
    """Draw the pulls, and their mean and width by energy; None if no model predicts errors."""
    having = [
        (number, candidate)
        for number, candidate in enumerate(result.candidates)
        if "pulls" in candidate.curves
    ]
    if not having:
        return None
    figure = new_figure(14.0, 5.6)
    left, right = figure.subplots(
        1, 2, gridspec_kw={"left": 0.07, "right": 0.985, "top": 0.95, "bottom": 0.135, "wspace": 0.19}
    )
    x = np.linspace(-5.0, 5.0, 300)
    unit = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
    left.plot(x, unit, color=REFERENCE_COLOUR, linewidth=1.0, linestyle="--", label="Unit Gaussian")
    right.axhspan(0.97, 1.03, color=REFERENCE_COLOUR, alpha=0.12, linewidth=0.0)
    right.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.9)
    right.axhline(0.0, color=REFERENCE_COLOUR, linewidth=0.9)
    for number, candidate in having:
        curve = candidate.curves["pulls"]
        width, mean = candidate.measures["pull.width"], candidate.measures["pull.mean"]
        left.stairs(
            curve.y,
            curve.edges,
            color=candidate_colour(number),
            linewidth=1.5,
            linestyle=model_line(number),
            label=f"{candidate.name}: mean {mean.value:.3f}, width {width.value:.3f}",
        )
        for name in ("pull_width", "pull_mean"):
            label = candidate.name if name == "pull_width" else None
            draw_points(right, candidate.curves[name], number, len(result.candidates), label=label)
    left.set_xlim(-5.0, 5.0)
    peak = max(0.4, *(float(candidate.curves["pulls"].y.max()) for _, candidate in having))
    room = 0.0 if has_legend_beside(1 + len(having)) else 0.09 * len(having)
    left.set_ylim(0.0, peak * (1.15 + room))
    left.set_xlabel(r"Pull $(E - E_{rec})/\sigma$")
    left.set_ylabel("Density")
    place_legend(left, loc="upper left", fontsize=11.0)
    right.set_xlim(result.edges_mev[0] / 1000.0, result.edges_mev[-1] / 1000.0)
    drawn = [candidate.curves[name] for _, candidate in having for name in ("pull_width", "pull_mean")]
    values = np.concatenate([curve.y[np.isfinite(curve.y)] for curve in drawn])
    low, high = (np.quantile(values, [0.03, 0.97]) if len(values) else np.array([0.0, 1.0])).tolist()
    right.set_ylim(min(-0.6, 1.3 * low), max(1.6, 1.2 * high))
    right.set_xlabel(TRUE_ENERGY)
    right.set_ylabel("Pull: width (about 1) and mean (about 0)")
    return figure
