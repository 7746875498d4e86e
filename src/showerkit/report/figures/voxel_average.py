"""Average showers on voxels, layer by layer and ring by ring, and their ratios to the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.style import new_figure, two_lines
from showerkit.report.figures.voxel_curves import floor_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    from showerkit.evaluate.voxels.result import VoxelResult
    from showerkit.typing import FloatArray

_DECADES: Final = 1e-6
#: Radii that span more than this are drawn on a logarithmic axis.
_LINEAR: Final = 30.0


def voxel_average_figure(result: VoxelResult) -> Figure:
    """Draw the mean deposits of every sample and, below, their ratios to the reference."""
    from matplotlib.colors import LogNorm, Normalize

    reference = result.reference.rings
    columns = [("Reference", reference), (floor_label(result), result.floor.sample.rings)]
    columns += [(sample.facts.name, sample.rings) for sample in result.shown]
    figure = new_figure(1.6 + 4.0 * len(columns), 7.2)
    grid = figure.subplots(
        2,
        len(columns),
        squeeze=False,
        gridspec_kw={"left": 0.08, "right": 0.88, "top": 0.93, "bottom": 0.1, "hspace": 0.25},
    )
    highest = max(max(float(part.max(initial=0.0)) for part in rings) for _, rings in columns)
    energies = LogNorm(vmin=max(highest, 1e-12) * _DECADES, vmax=max(highest, 1e-12))
    ratios = Normalize(0.5, 1.5)
    grid[1, 0].set_visible(False)
    lower: QuadMesh | None = None
    for number, (name, rings) in enumerate(columns):
        upper = _draw(grid[0, number], result, rings, energies, "viridis")
        grid[0, number].set_title(two_lines(name), fontsize=12)
        if number > 0:
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = tuple(mine / true for mine, true in zip(rings, reference, strict=True))
            lower = _draw(grid[1, number], result, ratio, ratios, "RdBu_r")
            grid[1, number].set_title("over reference", fontsize=12)
            grid[1, number].set_xlabel("Layer")
    for axes in (grid[0, 0], grid[1, 1]):
        axes.set_ylabel("Radius [mm]")
    bars = [figure.add_axes((0.9, bottom, 0.012, 0.36)) for bottom in (0.56, 0.1)]
    figure.colorbar(upper, cax=bars[0], label="Mean deposit [MeV]")
    if lower is not None:
        figure.colorbar(lower, cax=bars[1], label="Ratio", extend="both")
    return figure


def _draw(
    axes: Axes, result: VoxelResult, rings: tuple[FloatArray, ...], scale: Normalize, colours: str
) -> QuadMesh:
    layers = result.geometry.each_layer
    widest = max(layer.radial_edges_mm[-1] for layer in layers)
    finest = min(layer.radial_edges_mm[1] for layer in layers)
    for place, (layer, values) in enumerate(zip(layers, rings, strict=True)):
        mesh = axes.pcolormesh(
            [place - 0.5, place + 0.5],
            layer.radial_edges_mm,
            np.where(values > 0.0, values, np.nan)[:, None],
            norm=scale,
            cmap=colours,
        )
    if widest / finest > _LINEAR:
        axes.set_yscale("symlog", linthresh=finest, linscale=0.4)
        axes.minorticks_off()
    axes.set_ylim(0.0, widest)
    axes.set_facecolor("#f4f4f4")
    if len(layers) <= 12:
        axes.set_xticks(range(len(layers)), [str(number) for number in result.geometry.layer_numbers])
    return mesh
