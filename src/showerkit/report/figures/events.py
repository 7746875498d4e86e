"""Single showers side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.report.figures.style import image_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.result import EvaluationResult

_PARTICLES = {11: r"$e^-$", -11: r"$e^+$", 22: r"$\gamma$", 13: r"$\mu^-$", -13: r"$\mu^+$"}


def event_images_figure(result: EvaluationResult) -> Figure:
    """Draw the same incident particles' showers in every sample, one row a particle, summed over layers."""
    from matplotlib.colors import LogNorm, Normalize

    events = result.events
    columns = list(events[0].images)
    detector = result.detector
    figure, panels, bars = image_grid(len(events), len(columns))
    half_x, half_y = 0.05 * detector.width_x_mm, 0.05 * detector.width_y_mm
    highest = max(float(image.max()) for event in events for name, image in event.images.items())
    lowest = max(result.config.threshold_mev, 1e-3)
    deposits = LogNorm(vmin=lowest, vmax=max(highest, 10.0 * lowest))
    drawn_deposit, drawn_mask = None, None
    for row, event in zip(panels, events, strict=True):
        for axes, name in zip(row, columns, strict=True):
            image = event.images[name]
            mask = name in event.masks
            drawn = axes.imshow(
                image if mask else np.where(image > lowest, image, np.nan),
                origin="lower",
                extent=(-half_x, half_x, -half_y, half_y),
                cmap="cividis" if mask else "viridis",
                norm=Normalize(0.0, 1.0) if mask else deposits,
            )
            axes.set_facecolor("#f4f4f4")
            if mask:
                drawn_mask = drawn
            else:
                drawn_deposit = drawn
                axes.set_title(f"{event.totals_mev[name] / 1000.0:.2f} GeV", fontsize=12)
            if row is panels[0]:
                axes.set_title(f"{name}\n{axes.get_title()}".strip(), fontsize=12)
            if row is panels[-1]:
                axes.set_xlabel("x [cm]")
        particle = _PARTICLES.get(event.pdg, f"PDG {event.pdg}")
        row[0].set_ylabel(
            f"{particle}, {event.energy_mev / 1000.0:.2f} GeV\n$\\theta$ = {event.theta_deg:.1f}°\ny [cm]"
        )
    for axes, scale, label in (
        (bars[0], drawn_deposit, "Deposit [MeV]"),
        (bars[1], drawn_mask, "Mask probability"),
    ):
        if scale is not None:
            axes.set_visible(True)
            figure.colorbar(scale, cax=axes, label=label)
    return figure
