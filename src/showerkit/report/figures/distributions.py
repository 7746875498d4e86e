"""Distributions of the observables and of the cell energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.evaluate.observables import ObservableInfo
from showerkit.report.figures.overlay import overlay_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult


def distribution_figure(result: EvaluationResult, info: ObservableInfo) -> Figure:
    """Draw the distribution of one observable, normalised to 1, with ratios to the reference."""
    unit = f" [{info.unit}]" if info.unit else ""
    if info.key == "total_mev":
        return overlay_figure(
            result,
            "histogram.total_mev",
            x_label="Total deposited energy [GeV]",
            y_label="Showers / total / GeV",
            x_factor=1e-3,
            y_factor=1e3,
        )
    return overlay_figure(
        result,
        f"histogram.{info.key}",
        x_label=f"{info.label}{unit}",
        y_label=f"Showers / total / {info.unit or 'unit'}".replace("/ cells", "/ cell"),
    )


def cell_energy_figure(result: EvaluationResult) -> Figure:
    """Draw the spectrum of the deposits in hit cells, per shower and decade of energy."""
    return overlay_figure(
        result,
        "profile.cells",
        x_label="Deposit in a hit cell [MeV]",
        y_label="Hit cells / shower / decade",
        x_scale="log",
        y_scale="log",
    )
