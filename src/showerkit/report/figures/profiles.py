"""Lateral, radial and longitudinal profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from showerkit.report.figures.overlay import overlay_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult


def lateral_figure(result: EvaluationResult, axis: Literal["x", "y"]) -> Figure:
    """Draw the mean share of the deposit per mm against the distance to the entry point along x or y."""
    return overlay_figure(
        result,
        f"profile.lateral_{axis}",
        x_label=f"Cell centre minus entry point, {axis} [mm]",
        y_label=f"(1/E) dE/d{axis} [1/mm]",
        y_scale="log",
    )


def radial_figure(result: EvaluationResult) -> Figure:
    """Draw the mean share of the deposit per mm against the distance to the entry point."""
    return overlay_figure(
        result,
        "profile.radial",
        x_label="Distance of cell centre to entry point [mm]",
        y_label="(1/E) dE/dr [1/mm]",
        y_scale="log",
    )


def longitudinal_figure(result: EvaluationResult) -> Figure:
    """Draw the mean deposit per layer."""
    return overlay_figure(
        result, "profile.longitudinal", x_label="Layer", y_label="Mean deposit / layer [MeV]"
    )
