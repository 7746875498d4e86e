"""Response, resolution and occupancy against the incident energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.overlay import overlay_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult

_ENERGY = "Incident energy [GeV]"


def response_figure(result: EvaluationResult) -> Figure:
    """Draw the mean of deposited over incident energy against the incident energy."""
    return overlay_figure(
        result,
        "energy.response",
        x_label=_ENERGY,
        y_label=r"Response $\langle E_{dep}/E_{inc} \rangle$",
        x_factor=1e-3,
    )


def resolution_figure(result: EvaluationResult) -> Figure:
    """Draw the relative spread of the deposited energy against the incident energy."""
    return overlay_figure(
        result,
        "energy.resolution",
        x_label=_ENERGY,
        y_label=r"Resolution $\sigma$/mean",
        y_scale="log",
        x_factor=1e-3,
    )


def occupancy_figure(result: EvaluationResult) -> Figure:
    """Draw the mean number of hit cells against the incident energy."""
    threshold = f"> {result.config.threshold_mev:g} MeV"
    return overlay_figure(
        result, "energy.hits", x_label=_ENERGY, y_label=f"Mean number of cells {threshold}", x_factor=1e-3
    )
