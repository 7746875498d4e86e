"""Response and closure of calibrated jets against pT and |eta|."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.pt_words import pt_number
from showerkit.report.figures.jet_energy_points import (
    TRUE_ETA,
    TRUE_PT,
    draw_band,
    draw_calibration,
    eta_axis,
    legend_above,
    limits,
    pt_axis,
)
from showerkit.report.figures.style import new_figure, two_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jet_energy.result import JetEnergyEvaluation
    from showerkit.typing import FloatArray

#: The map's colours end at so many times what is tolerated.
_MAP_REACH: Final = 3.0


def response_figure(result: JetEnergyEvaluation) -> Figure:
    """Draw the mean response of all, and below the closure of what is calibrated with the tolerated band."""
    figure = new_figure(14.0, 7.6)
    panels = figure.subplots(
        2,
        2,
        sharex="col",
        sharey="row",
        height_ratios=[1.0, 1.6],
        gridspec_kw={
            "left": 0.075,
            "right": 0.985,
            "top": 0.935,
            "bottom": 0.1,
            "wspace": 0.04,
            "hspace": 0.05,
        },
    )
    percent = 100.0 * result.config.tolerated
    upper: list[FloatArray] = []
    lower: list[FloatArray] = []
    for column, name in enumerate(("response_pt", "response_eta")):
        above, below = panels[0, column], panels[1, column]
        draw_band(above, 1.0, result.config.tolerated)
        draw_band(below, 0.0, percent)
        for number, one in enumerate(result.calibrations):
            upper.append(draw_calibration(above, result, number, name, labelled=True))
            if one.sample.metadata is not None:
                lower.append(draw_calibration(below, result, number, name, factor=100.0, minus=1.0))
    limits(panels[0, 0], upper, about=1.0, least=0.03)
    limits(panels[1, 0], lower, about=0.0, least=1.5 * percent)
    pt_axis(panels[0, 0], result, labelled=False)
    eta_axis(panels[0, 1], result, labelled=False)
    panels[1, 0].set_xlabel(TRUE_PT)
    panels[1, 1].set_xlabel(TRUE_ETA)
    panels[0, 0].set_ylabel("Mean response")
    panels[1, 0].set_ylabel("Mean response - 1 [%]")
    legend_above(figure, panels[0, 0])
    panels[1, 1].text(
        0.98, 0.03, f"Grey: ±{percent:g} %", transform=panels[1, 1].transAxes, ha="right", fontsize=12.5
    )
    return figure


def closure_map_figure(result: JetEnergyEvaluation) -> Figure:
    """Draw the closure in bins of pT and |eta| together, a panel for each calibration."""
    from matplotlib.colors import Normalize

    shown = [one for one in result.calibrations if one.sample.metadata is not None]
    filled = np.flatnonzero(np.isfinite(shown[0].closure_map.response).any(axis=0))
    last = int(filled[-1]) + 1 if len(filled) else len(result.abs_eta_edges) - 1
    height = 1.2 + 2.6 * len(shown)
    figure = new_figure(14.0, height)
    panels = figure.subplots(
        len(shown),
        1,
        sharex=True,
        squeeze=False,
        gridspec_kw={
            "left": 0.075,
            "right": 0.9,
            "top": 1.0 - 0.45 / height,
            "bottom": 0.75 / height,
            "hspace": 0.22,
        },
    )[:, 0]
    reach = max(100.0 * _MAP_REACH * result.config.tolerated, 1e-6)
    colours = Normalize(-reach, reach)
    edges = result.abs_eta_edges[: last + 1]
    for axes, one in zip(panels, shown, strict=True):
        closure = 100.0 * (one.closure_map.response[:, :last].T - 1.0)
        error = 100.0 * one.closure_map.error[:, :last].T
        axes.set_facecolor("#e8e8e8")
        drawn = axes.pcolormesh(
            np.arange(closure.shape[1] + 1),
            np.arange(closure.shape[0] + 1),
            closure,
            cmap="RdBu_r",
            norm=colours,
        )
        for row, column in np.argwhere(np.isfinite(closure)):
            axes.text(
                column + 0.5,
                row + 0.5,
                f"{closure[row, column]:z.1f}\n±{error[row, column]:.1f}",
                ha="center",
                va="center",
                fontsize=9.5,
                color="white" if abs(closure[row, column]) > 0.7 * reach else "black",
            )
        axes.set_yticks(np.arange(last + 1), [f"{edge:g}" for edge in edges])
        axes.set_ylabel(TRUE_ETA)
        axes.set_title(two_lines(one.name), fontsize=13.0, loc="left")
        axes.minorticks_off()
        axes.tick_params(top=False, right=False, direction="out")
    ticks = np.arange(len(result.pt_edges_gev))
    panels[-1].set_xticks(ticks, [pt_number(edge) for edge in result.pt_edges_gev])
    if len(ticks) > 16:
        panels[-1].tick_params(axis="x", labelrotation=90.0)
    panels[-1].set_xlabel(TRUE_PT)
    bar = figure.add_axes((0.92, 0.75 / height, 0.015, 1.0 - 1.2 / height))
    figure.colorbar(drawn, cax=bar, label="Mean response - 1 [%]", extend="both")
    return figure
