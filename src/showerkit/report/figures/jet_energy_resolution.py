"""Resolution of calibrated jets with its ratio to the baseline, and the distributions behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jet_energy.aims import RESOLUTION_RATIO
from showerkit.evaluate.jet_energy.pt_words import pt_number
from showerkit.report.figures.energy_points import model_line
from showerkit.report.figures.jet_energy_points import (
    TRUE_ETA,
    TRUE_PT,
    calibration_colour,
    draw_calibration,
    eta_axis,
    legend_above,
    limits,
    pt_axis,
)
from showerkit.report.figures.style import REFERENCE_COLOUR, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation
    from showerkit.typing import FloatArray


def resolution_figure(result: JetEnergyEvaluation) -> Figure:
    """Draw the resolution against pT and |eta| and, below, the ratio to the baseline."""
    figure = new_figure(14.0, 7.6)
    panels = figure.subplots(
        2,
        2,
        sharex="col",
        sharey="row",
        height_ratios=[1.5, 1.0],
        gridspec_kw={
            "left": 0.075,
            "right": 0.985,
            "top": 0.935,
            "bottom": 0.1,
            "wspace": 0.04,
            "hspace": 0.05,
        },
    )
    upper: list[FloatArray] = []
    ratios: list[FloatArray] = []
    for column, axis in enumerate(("pt", "eta")):
        main, ratio = panels[0, column], panels[1, column]
        ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.9)
        ratio.axhline(RESOLUTION_RATIO, color=REFERENCE_COLOUR, linewidth=1.1, linestyle="--")
        for number in range(len(result.calibrations)):
            upper.append(
                draw_calibration(main, result, number, f"resolution_{axis}", factor=100.0, labelled=True)
            )
            if number != result.baseline:
                ratios.append(draw_calibration(ratio, result, number, f"ratio_{axis}"))
    highest = max((float(ends.max()) for ends in upper if len(ends)), default=1.0)
    panels[0, 0].set_ylim(0.0, 1.15 * highest)
    limits(panels[1, 0], ratios, about=1.0, least=0.18)
    pt_axis(panels[0, 0], result, labelled=False)
    eta_axis(panels[0, 1], result, labelled=False)
    panels[1, 0].set_xlabel(TRUE_PT)
    panels[1, 1].set_xlabel(TRUE_ETA)
    panels[0, 0].set_ylabel("Resolution (central 68 %) [%]")
    panels[1, 0].set_ylabel(f"Ratio to\n{result.baseline_name}")
    legend_above(figure, panels[0, 0])
    better = 100.0 * (1.0 - RESOLUTION_RATIO)
    panels[1, 1].text(
        0.98,
        0.04,
        f"Dashed: {better:.0f} % better",
        transform=panels[1, 1].transAxes,
        ha="right",
        fontsize=12.5,
    )
    return figure


def responses_figure(result: JetEnergyEvaluation) -> Figure | None:
    """Draw the distribution of the response in some bins of pT, linear and logarithmic; None without any."""
    shown = result.shown_bins
    if not shown:
        return None
    figure = new_figure(14.0, 7.2)
    panels = figure.subplots(
        2,
        len(shown),
        sharex="col",
        squeeze=False,
        height_ratios=[1.6, 1.0],
        gridspec_kw={
            "left": 0.075,
            "right": 0.985,
            "top": 0.885,
            "bottom": 0.1,
            "wspace": 0.16,
            "hspace": 0.05,
        },
    )
    for column, place in enumerate(shown):
        main, tails = panels[0, column], panels[1, column]
        curves = [one.curves[f"responses_{place}"] for one in result.calibrations]
        for number, curve in enumerate(curves):
            plain = result.calibrations[number].sample.metadata is None
            for axes in (main, tails):
                axes.stairs(
                    curve.y,
                    curve.edges,
                    color=calibration_colour(result, number),
                    linewidth=1.5,
                    linestyle="-." if plain else model_line(number),
                    label=result.calibrations[number].name,
                )
        for axes in (main, tails):
            axes.axvline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
        peak = max(float(curve.y.max()) for curve in curves)
        positive = np.concatenate([curve.y[curve.y > 0.0] for curve in curves])
        main.set_ylim(0.0, 1.1 * peak)
        tails.set_yscale("log")
        tails.set_ylim(0.6 * float(positive.min()), 3.0 * peak)
        low, high = result.pt_edges_gev[place : place + 2]
        main.set_title(rf"{pt_number(low)} < $p_T$ < {pt_number(high)} GeV")
        tails.set_xlabel(r"$p_T/p_T^{true}$")
        if curves[0].edges is not None:
            main.set_xlim(float(curves[0].edges[0]), float(curves[0].edges[-1]))
    panels[0, 0].set_ylabel("Density")
    panels[1, 0].set_ylabel("Density")
    legend_above(figure, panels[0, 0])
    return figure
