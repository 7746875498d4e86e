"""Longitudinal and transverse shapes of showers with their fits, and the depth of the maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.style import (
    candidate_colour,
    candidate_marker,
    figure_style,
    new_figure,
    ratio_axes,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.shower_shapes.shapes import EnergyBin, ShowerShapes

_MOST_CURVES = 6


def _spread(count: int) -> list[int]:
    """Numbers of at most six of `count` curves, spread evenly."""
    return sorted(set(np.linspace(0, count - 1, min(count, _MOST_CURVES)).round().astype(int).tolist()))


def _label(energy: EnergyBin) -> str:
    return f"{energy.mean_mev / 1000.0:.3g} GeV"


def longitudinal_figure(shapes: ShowerShapes, title: str) -> Figure:
    """Draw the mean longitudinal profiles, the fitted gamma forms, and the ratio of the two."""
    with figure_style():
        figure = new_figure(8.0, 7.0)
        main, ratio = ratio_axes(figure)
        for place, number in enumerate(_spread(len(shapes.longitudinal))):
            one = shapes.longitudinal[number]
            colour, width = candidate_colour(place), np.maximum(one.depths.width_x0, 1e-9)
            centre = 0.5 * (one.depths.start_x0 + one.depths.stop_x0)
            main.errorbar(
                centre,
                one.share / width,
                one.share_error / width,
                fmt=candidate_marker(place),
                ms=4.5,
                color=colour,
                label=f"{_label(one.energy)}: $T_0$ = {one.free.value('T0'):.2f},"
                rf" $\beta$ = {one.free.value('beta'):.3f}",
            )
            main.plot(centre, one.free.fitted / width, color=colour, lw=1.5)
            fitted = np.where(one.free.fitted > 0, one.free.fitted, np.nan)
            ratio.errorbar(
                centre,
                one.share / fitted,
                one.share_error / fitted,
                fmt=candidate_marker(place),
                ms=3,
                color=colour,
            )
        ratio.axhline(1.0, color="black", lw=1)
        ratio.set_ylim(0.7, 1.3)
        ratio.set_ylabel("Data / fit")
        ratio.set_xlabel(r"Depth $t$ [$X_0$]")
        main.set_ylabel(r"$\frac{1}{E}\,\frac{dE}{dt}$ [per $X_0$]")
        main.set_ylim(bottom=0.0)
        main.set_title(title)
        main.legend(title="mean energy: fit")
    return figure


def transverse_figure(shapes: ShowerShapes, title: str) -> Figure:
    """Draw the mean share of the energy in a cell against its distance from the axis, and the fits."""
    first = [one for one in shapes.transverse if one.first_layer == shapes.transverse[0].first_layer]
    chosen = [first[number] for number in _spread(len(first))]
    groups = len({one.first_layer for one in shapes.transverse})
    if groups > 1:
        highest = max(one.energy.mean_mev for one in shapes.transverse)
        every = [one for one in shapes.transverse if one.energy.mean_mev == highest]
        chosen = [every[number] for number in _spread(len(every))]
    with figure_style():
        figure = new_figure(8.0, 7.0)
        main, ratio = ratio_axes(figure)
        for place, one in enumerate(chosen):
            colour = candidate_colour(place)
            some = one.cells_in_ring > 0
            cells = one.cells_in_ring[some]
            centre = 0.5 * (one.edges_mm[1:] + one.edges_mm[:-1])[some]
            name = _label(one.energy)
            if groups > 1:
                name = f"{name}, layers {one.first_layer}-{one.last_layer}"
            main.errorbar(
                centre,
                one.share[some] / cells,
                one.share_error[some] / cells,
                fmt=candidate_marker(place),
                ms=4,
                color=colour,
                label=f"{name}: $R_C$ = {one.fit.value('R_C'):.1f}, $R_T$ = {one.fit.value('R_T'):.0f} mm,"
                f" $Q_C$ = {one.fit.value('Q_C'):.2f}",
            )
            main.plot(centre, one.fit.fitted[some] / cells, color=colour, lw=1.5)
            ratio.errorbar(
                centre,
                one.share[some] / one.fit.fitted[some],
                one.share_error[some] / one.fit.fitted[some],
                fmt=candidate_marker(place),
                ms=3,
                color=colour,
            )
        main.set_yscale("log")
        main.set_ylabel("Share of the incident energy in a cell")
        main.set_title(title)
        main.legend(fontsize=10.5)
        ratio.axhline(1.0, color="black", lw=1)
        ratio.set_ylim(0.5, 1.5)
        ratio.set_ylabel("Data / fit")
        ratio.set_xlabel("Distance of the cell's centre from the axis [mm]")
    return figure


def maximum_figure(shapes: ShowerShapes, title: str) -> Figure:
    """Draw the depth of the maximum and beta against the incident energy."""
    energy = np.array([one.energy.mean_mev for one in shapes.longitudinal]) / 1000.0
    with figure_style():
        figure = new_figure(8.0, 7.0)
        main, lower = ratio_axes(figure)
        maximum = [one.free.value("T0") for one in shapes.longitudinal]
        error = [one.free.error("T0") for one in shapes.longitudinal]
        main.errorbar(energy, maximum, error, fmt="o", color=candidate_colour(0), label="fitted $T_0$")
        if shapes.maximum is not None:
            line = shapes.maximum
            main.plot(
                energy,
                line.at_1_gev + line.slope * np.log(energy),
                color=candidate_colour(0),
                label=rf"{line.at_1_gev:.2f} + ({line.slope:.3f} $\pm$ {line.slope_error:.3f}) ln(E/GeV)",
            )
        main.plot(
            energy,
            shapes.expected_maximum,
            color="black",
            ls="--",
            label=rf"PDG, $E_c$ = {shapes.critical_energy_mev:.2f} MeV",
        )
        main.set_xscale("log")
        main.set_ylabel(r"Depth of the maximum [$X_0$]")
        main.set_title(title)
        main.legend()
        lower.errorbar(
            energy,
            [one.free.value("beta") for one in shapes.longitudinal],
            [one.free.error("beta") for one in shapes.longitudinal],
            fmt="s",
            color=candidate_colour(1),
        )
        if shapes.beta is not None:
            lower.axhline(shapes.beta.value, color=candidate_colour(1), lw=1)
        lower.set_ylabel(r"$\beta$ [1/$X_0$]")
        lower.set_xlabel("Incident energy [GeV]")
    return figure
