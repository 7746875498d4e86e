"""Hit probability: its mean squared error against energy, and maps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.cell_projection import mean_view
from showerkit.report.figures.style import (
    FLOOR_COLOUR,
    REFERENCE_COLOUR,
    candidate_colour,
    candidate_marker,
    image_grid,
    new_figure,
    ratio_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.evaluate.hit_probability import HitProbabilityDistance
    from showerkit.evaluate.result import EvaluationResult
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray

_MOST_POINTS: Final = 40
_RANGES: Final = 3


def grouped(
    distance: HitProbabilityDistance,
    values: FloatArray,
    errors: FloatArray | None,
    most_points: int = _MOST_POINTS,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Average neighbouring energy bins until few enough are left to draw.

    Parameters
    ----------
    distance
        Whose bins they are.
    values, errors
        One per bin; NaN is left out.
    most_points
        How many may be left.

    Returns
    -------
    tuple of numpy.ndarray
        Edges in GeV, means and their errors.
    """
    per_group = int(np.ceil(len(values) / most_points))
    starts = np.arange(0, len(values), per_group)
    used = np.isfinite(values) & (distance.events.min(axis=1) >= 2)
    count = np.add.reduceat(used.astype(float), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(np.where(used, values, 0.0), starts) / count
        squares = np.zeros_like(values) if errors is None else np.nan_to_num(errors) ** 2
        error = np.sqrt(np.add.reduceat(np.where(used, squares, 0.0), starts)) / count
    edges = np.append(distance.edges_mev[starts], distance.edges_mev[-1]) / 1000.0
    return edges, mean, error


def hit_probability_figure(result: EvaluationResult) -> Figure:
    """Draw the mean squared error of the hit probability against energy, and its ratio to the floor."""
    figure = new_figure()
    main, ratio = ratio_axes(figure)
    floor = result.floor.comparison.hit_probability
    edges, floor_mean, floor_error = grouped(floor, floor.mse, floor.error)
    floor_band(main, edges, floor_mean, floor_error, "Geant4 floor")
    _, expected, _ = grouped(floor, floor.expected, None)
    main.stairs(
        expected, edges, color=REFERENCE_COLOUR, linestyle="--", linewidth=1.3, label="Binomial bound"
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        floor_band(ratio, edges, np.ones_like(floor_mean), floor_error / floor_mean, None)
    for number, candidate in enumerate(result.candidates):
        name = candidate.sample.facts.name
        _candidate_points(
            (main, ratio), candidate.comparison.hit_probability, floor_mean, number, name, "full"
        )
        if candidate.comparison.mask_probability is not None:
            label = f"{name}: MASK"
            _candidate_points(
                (main, ratio), candidate.comparison.mask_probability, floor_mean, number, label, "none"
            )
    per_bin = result.config.energy_bin_mev
    main.set_ylabel(f"MSE of the hit probability\n(bins of {per_bin:g} MeV)")
    main.set_ylim(bottom=0.0, top=main.get_ylim()[1] * 1.25)
    main.legend(loc="upper left", ncols=2)
    ratio.set_ylabel("Ratio to\nfloor")
    ratio.axhline(1.0, color=REFERENCE_COLOUR, linewidth=0.8)
    ratio.set_ylim(bottom=0.0)
    ratio.set_xlabel("Incident energy [GeV]")
    ratio.set_xlim(edges[0], edges[-1])
    return figure


def floor_band(axes: Axes, edges: FloatArray, mean: FloatArray, error: FloatArray, label: str | None) -> None:
    """Draw the floor with its error as a hatched staircase."""
    half = np.nan_to_num(error)
    axes.stairs(
        mean + half,
        edges,
        baseline=mean - half,
        fill=True,
        facecolor="none",
        edgecolor=FLOOR_COLOUR,
        hatch="////",
        linewidth=0.6,
        label=label,
    )


def _candidate_points(
    panels: tuple[Axes, Axes],
    distance: HitProbabilityDistance,
    floor_mean: FloatArray,
    number: int,
    label: str,
    fill: str,
) -> None:
    edges, mean, error = grouped(distance, distance.mse, distance.error)
    centre = 0.5 * (edges[1:] + edges[:-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = ((mean, error), (mean / floor_mean, error / floor_mean))
    for axes, (y, half) in zip(panels, pairs, strict=True):
        axes.errorbar(
            centre,
            y,
            yerr=np.nan_to_num(half),
            fmt=candidate_marker(number),
            fillstyle=fill,
            color=candidate_colour(number),
            markersize=5.0,
            linewidth=1.2,
            label=label,
        )


def probability_map_figure(result: EvaluationResult) -> Figure:
    """Draw the hit probability of every cell for low, middle and high energies, one column per sample."""
    columns: list[tuple[str, FloatArray]] = [
        ("Reference", result.reference.hit_probability),
        ("Geant4 floor", result.floor.sample.hit_probability),
    ]
    for candidate in result.candidates:
        name = candidate.sample.facts.name
        columns.append((name, candidate.sample.hit_probability))
        if candidate.sample.mask_probability is not None:
            columns.append((f"{name}: MASK", candidate.sample.mask_probability))
    edges = result.energy_edges_mev
    parts = [part for part in np.array_split(np.arange(len(edges) - 1), _RANGES) if len(part)]
    detector = result.detector
    figure, panels, bars = image_grid(len(parts), len(columns))
    half_x, half_y = 0.05 * detector.width_x_mm, 0.05 * detector.width_y_mm
    drawn = None
    for row, part in zip(panels, parts, strict=True):
        for axes, (name, probability) in zip(row, columns, strict=True):
            image = _mean_image(probability[part], detector)
            drawn = axes.imshow(
                image,
                origin="lower",
                extent=(-half_x, half_x, -half_y, half_y),
                vmin=0.0,
                vmax=1.0,
                cmap="viridis",
            )
            if row is panels[0]:
                axes.set_title(name)
            if row is panels[-1]:
                axes.set_xlabel("x [cm]")
        low, high = edges[part[0]] / 1000.0, edges[part[-1] + 1] / 1000.0
        row[0].set_ylabel(f"{low:g} to {high:g} GeV\ny [cm]")
    if drawn is not None:
        bars[0].set_visible(True)
        figure.colorbar(drawn, cax=bars[0], label="Hit probability")
    return figure


def _mean_image(probability: FloatArray, detector: Calorimeter) -> FloatArray:
    """Mean over energy bins with events and over layers."""
    filled = np.isfinite(probability).all(axis=1)
    if not filled.any():
        return np.full(detector.shape[1:], np.nan)
    return mean_view(probability[filled].mean(axis=0), detector)
