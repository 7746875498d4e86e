"""Average images of jets, and their differences to the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.mean_image import difference_in_errors
from showerkit.report.figures.jet_histograms import floor_label
from showerkit.report.figures.style import image_grid, two_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jets.jet_result import JetReportResult

_MOST_ERRORS: Final = 5.0
_DECADES: Final = 1e-5


def jet_average_figure(result: JetReportResult) -> Figure:
    """Draw the average image of every sample and, below, its difference to the reference in its errors."""
    from matplotlib.colors import LogNorm, Normalize

    reference = result.reference.image
    columns = [("Reference", reference), (floor_label(result), result.floor.sample.image)]
    columns += [(sample.facts.name, sample.image) for sample in result.shown]
    figure, (upper, lower), bars = image_grid(2, len(columns), 3.0)
    highest = max(float(image.mean.max()) for _, image in columns)
    shares = LogNorm(vmin=max(highest, 1e-12) * _DECADES, vmax=max(highest, 1e-12))
    differences = Normalize(-_MOST_ERRORS, _MOST_ERRORS)
    reach = reference.half_width
    extent = (-reach, reach, -reach, reach)
    lower[0].set_visible(False)
    for number, (name, image) in enumerate(columns):
        drawn = upper[number].imshow(
            np.where(image.mean > 0.0, image.mean, np.nan),
            origin="lower",
            extent=extent,
            cmap="viridis",
            norm=shares,
        )
        upper[number].set_title(two_lines(name), fontsize=12)
        if number > 0:
            below = lower[number].imshow(
                difference_in_errors(image, reference),
                origin="lower",
                extent=extent,
                cmap="RdBu_r",
                norm=differences,
            )
            lower[number].set_title("minus reference", fontsize=12)
            lower[number].set_xlabel(r"$\eta_{rel}$")
    upper[0].set_ylabel(r"$\phi_{rel}$")
    upper[0].set_xlabel(r"$\eta_{rel}$")
    upper[0].tick_params(labelbottom=True)
    lower[1].set_ylabel(r"$\phi_{rel}$")
    lower[1].tick_params(labelleft=True)
    for axes in (*upper, *lower):
        axes.set_facecolor("#f4f4f4")
    bars[0].set_visible(True)
    figure.colorbar(drawn, cax=bars[0], label=r"Mean $p_{T,rel}$ in a pixel")
    bars[1].set_visible(True)
    figure.colorbar(below, cax=bars[1], label="Difference / standard error", extend="both")
    return figure
