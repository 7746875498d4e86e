"""Response of reconstructed energies, and their linearity with its ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.energy_points import TRUE_ENERGY, draw_points, limit_to_measured
from showerkit.report.figures.side_legend import place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, new_figure, ratio_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyEvaluation


def response_figure(result: EnergyEvaluation) -> Figure:
    """Draw mean reconstructed over mean true energy, with the band of the tolerated bias."""
    figure = new_figure()
    axes = figure.add_axes((0.15, 0.13, 0.82, 0.82))
    edges = result.edges_mev / 1000.0
    tolerated = result.config.tolerated_bias
    axes.axhspan(1.0 - tolerated, 1.0 + tolerated, color=REFERENCE_COLOUR, alpha=0.12, linewidth=0.0)
    axes.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
    for number, candidate in enumerate(result.candidates):
        curve = candidate.curves["response"]
        draw_points(axes, curve, number, len(result.candidates), label=candidate.name)
    curves = [candidate.curves["response"] for candidate in result.candidates]
    limit_to_measured(axes, curves, about=1.0, least=3.0 * tolerated)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel(TRUE_ENERGY)
    axes.set_ylabel(r"Response $\langle E_{rec} \rangle / \langle E \rangle$")
    place_legend(axes, loc="best", title=f"Grey: ±{100.0 * tolerated:g} %")
    return figure


def linearity_figure(result: EnergyEvaluation) -> Figure:
    """Draw the mean reconstructed against the true energy and, below, their ratio."""
    figure = new_figure()
    main, ratio = ratio_axes(figure)
    edges = result.edges_mev / 1000.0
    main.plot(edges[[0, -1]], edges[[0, -1]], color=REFERENCE_COLOUR, linewidth=0.9)
    ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.9)
    for number, candidate in enumerate(result.candidates):
        mean, response = candidate.curves["mean_predicted"], candidate.curves["response"]
        draw_points(
            main, mean, number, len(result.candidates), factor=1e-3, label=candidate.name, shifted=False
        )
        draw_points(ratio, response, number, len(result.candidates))
    curves = [candidate.curves["response"] for candidate in result.candidates]
    limit_to_measured(ratio, curves, about=1.0, least=0.015)
    ratio.set_xlim(edges[0], edges[-1])
    ratio.set_xlabel(TRUE_ENERGY)
    ratio.set_ylabel("Ratio")
    main.set_ylabel("Mean reconstructed energy [GeV]")
    place_legend(main, loc="upper left")
    return figure
