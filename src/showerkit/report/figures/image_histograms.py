"""Histograms of sparse images and of their points, with ratios to the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.overlay import OverlaidCurves, overlaid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.image_observables import ImageObservable
    from showerkit.evaluate.image_result import ImageReportResult


def image_histogram_figure(result: ImageReportResult, observable: ImageObservable) -> Figure:
    """Draw the distribution of one observable in every sample, normalised to 1, and ratios.

    Parameters
    ----------
    result
        The evaluation.
    observable
        What to draw.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    curves = OverlaidCurves(
        result.reference.curves[observable.key],
        result.floor.sample.curves[observable.key],
        {sample.facts.name: sample.curves[observable.key] for sample in result.shown},
        f"Reference ({result.reference.facts.name})",
        image_floor_label(result),
    )
    what = "Images" if observable.of_images else "Points"
    unit = "point" if observable.integer else observable.unit or "unit"
    label = f"{observable.label} [{observable.unit}]" if observable.unit else observable.label
    return overlaid(
        curves,
        x_label=label,
        y_label=f"{what} / total / {unit}",
        y_scale="log" if observable.logarithmic else "linear",
    )


def image_floor_label(result: ImageReportResult) -> str:
    """What the legend calls the floor."""
    if result.floor_kind == "halves":
        return "Half of the reference"
    return f"Floor ({result.floor.sample.facts.name})"
