"""Single images side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.report.figures.style import image_grid, two_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.image_result import ImageReportResult


def image_displays_figure(result: ImageReportResult) -> Figure | None:
    """Draw true images and, beside each, its reconstruction and others of the same label.

    None if no images were chosen.
    """
    from matplotlib.colors import Normalize

    rows = result.single_images
    if not rows:
        return None
    names = list(rows[0].pictures)
    figure, panels, bars = image_grid(len(rows), len(names), 2.0)
    intensities = Normalize(0.0, 1.0)
    for line, images in zip(panels, rows, strict=True):
        for axes, name in zip(line, names, strict=True):
            axes.set(xticks=[], yticks=[])
            drawn = axes.imshow(images.pictures[name], cmap="viridis", norm=intensities)
            if line is panels[0]:
                axes.set_title(two_lines(name), fontsize=11)
        line[0].set_ylabel(str(images.label))
    bars[0].set_visible(True)
    figure.colorbar(drawn, cax=bars[0], label="Intensity", extend="max")
    return figure
