"""Mean images of what is shown, and their differences to the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.mean_image import difference_in_errors
from showerkit.report.figures.image_histograms import image_floor_label
from showerkit.report.figures.style import image_grid, two_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.image_result import ImageReportResult

_MOST_ERRORS: Final = 5.0


def image_means_figure(result: ImageReportResult) -> Figure:
    """Draw the mean image of every sample (columns) for everything that is shown (rows)."""
    from matplotlib.colors import Normalize

    labels = list(result.reference.labels)
    columns = [("Reference", result.reference), (image_floor_label(result), result.floor.sample)]
    columns += [(sample.facts.name, sample) for sample in result.shown]
    figure, panels, bars = image_grid(len(labels), len(columns), 2.0)
    # By the true images: a model that puts all points into one pixel would dim the others.
    highest = max(float(image.mean.max()) for _, one in columns[:2] for image in one.means.values())
    intensities = Normalize(0.0, max(1.1 * highest, 1e-12))
    for row, label in zip(panels, labels, strict=True):
        for axes, (name, sample) in zip(row, columns, strict=True):
            axes.set(xticks=[], yticks=[])
            if row is panels[0]:
                axes.set_title(two_lines(name), fontsize=11)
            if label in sample.means:
                drawn = axes.imshow(sample.means[label].mean, cmap="viridis", norm=intensities)
        row[0].set_ylabel(str(label))
    bars[0].set_visible(True)
    figure.colorbar(drawn, cax=bars[0], label="Mean intensity", extend="max")
    return figure


def image_differences_figure(result: ImageReportResult) -> Figure:
    """Draw the differences of mean images to the reference in standard errors, as `image_means_figure`."""
    from matplotlib.colors import Normalize

    labels = list(result.reference.labels)
    columns = [(image_floor_label(result), result.floor.sample)]
    columns += [(sample.facts.name, sample) for sample in result.shown]
    figure, panels, bars = image_grid(len(labels), len(columns), 2.0)
    errors = Normalize(-_MOST_ERRORS, _MOST_ERRORS)
    for row, label in zip(panels, labels, strict=True):
        for axes, (name, sample) in zip(row, columns, strict=True):
            axes.set(xticks=[], yticks=[])
            axes.set_facecolor("#f4f4f4")
            if row is panels[0]:
                axes.set_title(two_lines(name), fontsize=11)
            if label in sample.means:
                difference = difference_in_errors(sample.means[label], result.reference.means[label])
                drawn = axes.imshow(np.asarray(difference), cmap="RdBu_r", norm=errors)
        row[0].set_ylabel(str(label))
    bars[0].set_visible(True)
    figure.colorbar(drawn, cax=bars[0], label="Difference / standard error", extend="both")
    return figure
