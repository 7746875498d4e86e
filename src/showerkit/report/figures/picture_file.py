"""Write a figure as a picture file, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG in the report's style; the same figure gives the same bytes.

    Parameters
    ----------
    figure
        The figure.
    path
        The file, replaced if it exists.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from showerkit.data.atomic_file import replacing
    from showerkit.report.figures.style import figure_style

    figure.set_dpi(110)
    with replacing(path) as partial, figure_style():
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(partial, metadata={"Software": None})
