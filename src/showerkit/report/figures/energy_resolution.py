"""Resolution of reconstructed energies against energy, with the fits and the ratio to the first model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.energy_points import TRUE_ENERGY, draw_points, model_line
from showerkit.report.figures.side_legend import has_legend_beside, place_legend
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour, new_figure, ratio_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.energy_result import EnergyCandidate, EnergyEvaluation
    from showerkit.evaluate.resolution_fit import ResolutionFit


def resolution_figure(result: EnergyEvaluation) -> Figure:
    """Draw sigma/E with the fits of its three terms and, below, the ratio to the first model."""
    figure = new_figure(9.0, 7.4)
    main, ratio = ratio_axes(figure)
    edges = result.edges_mev / 1000.0
    fine_mev = np.linspace(result.edges_mev[0], result.edges_mev[-1], 400)[1:]
    ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.9)
    first = result.candidates[0].curves["resolution_spread"]
    for number, candidate in enumerate(result.candidates):
        curve = candidate.curves["resolution_spread"]
        draw_points(main, curve, number, len(result.candidates), label=_label(candidate))
        fit = candidate.fits.get("spread")
        if fit is not None:
            shown = fine_mev >= first.x[np.isfinite(first.x)][0] * 0.8
            main.plot(
                fine_mev[shown] / 1000.0,
                fit.resolution(fine_mev[shown]),
                color=candidate_colour(number),
                linewidth=1.1,
                linestyle=model_line(number),
            )
        if number:
            draw_points(ratio, candidate.curves["ratio_to_first"], number, len(result.candidates))
    main.set_yscale("log")
    low, high = main.get_ylim()
    if not has_legend_beside(len(result.candidates)):
        # Room for the legend, which holds the parameters of the fits.
        main.set_ylim(low, high * 1.6)
    main.set_ylabel(r"$\sigma(E_{rec} - E)/E$")
    place_legend(main, loc="upper right", fontsize=11.0)
    ratio.set_xlim(edges[0], edges[-1])
    ratio.set_xlabel(TRUE_ENERGY)
    ratio.set_ylabel("Ratio to\nthe first")
    return figure


def scaled_resolution_figure(result: EnergyEvaluation) -> Figure:
    """Draw the spread of (E_rec - E)/sqrt(E), flat if all is stochastic, and below its central 68 %."""
    figure = new_figure(9.0, 7.4)
    main, lower = ratio_axes(figure)
    edges = result.edges_mev / 1000.0
    for number, candidate in enumerate(result.candidates):
        total = candidate.measures["resolution.spread"].value
        draw_points(
            main,
            candidate.curves["scaled_spread"],
            number,
            len(result.candidates),
            label=f"{candidate.name}: {total:.4f}" + r" $\sqrt{GeV}$ over all",
        )
        main.axhline(total, color=candidate_colour(number), linewidth=0.9, linestyle=":")
        draw_points(lower, candidate.curves["scaled_core"], number, len(result.candidates))
    main.set_ylabel(r"$\sigma/\sqrt{E}$ [$\sqrt{GeV}$]")
    beside = has_legend_beside(len(result.candidates))
    for axes, name, room in (
        (main, "scaled_spread", 0.0 if beside else 0.07 * len(result.candidates)),
        (lower, "scaled_core", 0.0),
    ):
        values = np.concatenate([candidate.curves[name].y for candidate in result.candidates])
        values = values[np.isfinite(values)]
        if len(values):
            # The lowest bin may be many times as wide: it would leave no room for the others.
            axes.set_ylim(0.0, (1.2 + room) * min(float(values.max()), 2.5 * float(np.median(values))))
    place_legend(main, loc="upper center", fontsize=11.0)
    lower.set_ylabel("Central\n68 %")
    lower.set_xlim(edges[0], edges[-1])
    lower.set_xlabel(TRUE_ENERGY)
    return figure


def _label(candidate: EnergyCandidate) -> str:
    fit = candidate.fits.get("spread")
    return candidate.name if fit is None else f"{candidate.name}: {fit_words(fit)}"


def fit_words(fit: ResolutionFit) -> str:
    """The fit in one line, such as ``0.319/√E ⊕ 1.2 % ⊕ 0.05/E``, terms at their limit left out."""
    written = {
        "stochastic": r"{:.3f}$/\sqrt{{E}}$",
        "constant": "{:.1f} %",
        "noise": "{:.3f}/E",
    }
    parts = [
        written[term].format(100.0 * value if term == "constant" else value)
        for term, value, at_limit in zip(fit.terms, fit.values, fit.at_limit, strict=True)
        if not at_limit
    ]
    return r" $\oplus$ ".join(parts)
