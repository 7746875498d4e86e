"""Histograms and separation powers of showers on voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.voxels.histograms import GROUPS
from showerkit.report.figures.overlay import OverlaidCurves, overlaid
from showerkit.report.figures.style import FLOOR_COLOUR, candidate_colour, candidate_marker, new_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from showerkit.evaluate.voxels.result import VoxelResult
    from showerkit.evaluate.voxels.separations import Separation


def floor_label(result: VoxelResult) -> str:
    """What the legend calls the floor."""
    if result.floor_kind == "halves":
        return "Half of the reference"
    return f"Floor ({result.floor.sample.facts.name})"


def _curves(result: VoxelResult, key: str) -> OverlaidCurves:
    return OverlaidCurves(
        result.reference.curves[key],
        result.floor.sample.curves[key],
        {sample.facts.name: sample.curves[key] for sample in result.shown},
        f"Reference ({result.reference.facts.name})",
        floor_label(result),
    )


def layer_energy_figure(result: VoxelResult) -> Figure:
    """Draw the mean deposit of each layer and ratios."""
    return overlaid(
        _curves(result, "layers"),
        x_label="Layer, counted from 0",
        y_label="Mean deposit [MeV]",
        y_scale="log",
    )


def voxel_histogram_figures(result: VoxelResult) -> Iterator[tuple[str, Figure]]:
    """Draw the histograms that the result keeps, each with its title."""
    labels = result.candidates[0].comparison.separations.each if result.candidates else {}
    for key in result.reference.curves:
        if key == "layers":
            continue
        found = labels[key]
        logarithmic = GROUPS[found.group][2]
        yield (
            found.label.split(" [")[0],
            overlaid(
                _curves(result, key),
                x_label=found.label,
                y_label="Showers / total / unit" if found.group != "voxel_energy" else "Voxels / total / MeV",
                x_scale="log" if logarithmic else "linear",
                y_scale="log",
            ),
        )


def separation_figures(result: VoxelResult) -> Iterator[tuple[str, Figure]]:
    """Draw the separation powers of every group of observables against the layer."""
    numbers = result.geometry.layer_numbers
    place = {number: i for i, number in enumerate(numbers)}
    for group, (label, _, _) in GROUPS.items():
        floor = _of_layers(result.floor.comparison.separations.each, group)
        if not floor:
            continue
        figure = new_figure()
        axes = figure.subplots(gridspec_kw={"left": 0.15, "right": 0.97, "top": 0.96, "bottom": 0.12})
        # Halves have half of the showers, and twice the separation by statistics alone.
        factor = 0.5 if result.floor_kind == "halves" else 1.0
        axes.plot(
            [place[number] for number in floor],
            [factor * one.value for one in floor.values()],
            color=FLOOR_COLOUR,
            label=floor_label(result),
        )
        for number, candidate in enumerate(result.candidates):
            found = _of_layers(candidate.comparison.separations.each, group)
            x = [place[layer] for layer in found]
            axes.errorbar(
                x,
                [one.value for one in found.values()],
                yerr=np.nan_to_num([one.error for one in found.values()]),
                fmt=candidate_marker(number),
                color=candidate_colour(number),
                markersize=5.0,
                label=candidate.sample.facts.name,
            )
            axes.plot(
                x,
                [one.expected for one in found.values()],
                color=candidate_colour(number),
                linestyle="--",
                linewidth=1.0,
            )
        axes.set_yscale("log")
        axes.set_xlabel("Layer")
        axes.set_ylabel("Separation power")
        if len(numbers) <= 12:
            axes.set_xticks(range(len(numbers)), [str(number) for number in numbers])
        axes.legend(loc="best")
        yield label, figure


def _of_layers(each: dict[str, Separation], group: str) -> dict[int, Separation]:
    return {
        one.layer: one
        for one in each.values()
        if one.group == group and one.layer is not None and np.isfinite(one.value) and one.value > 0.0
    }
