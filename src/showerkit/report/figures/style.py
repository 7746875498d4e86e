"""How all figures look: colours, sizes and how they become part of a page."""

from __future__ import annotations

import base64
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REFERENCE_COLOUR: Final = "#1a1a1a"
FLOOR_COLOUR: Final = "#8a8a8a"
#: Okabe and Ito's palette, told apart with any colour vision; the yellow is left out as too faint.
CANDIDATE_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS: Final = ("o", "s", "^", "D", "v", "P")
#: Where colours begin again, lines are dashed, then dotted.
LINES: Final = ("-", "--", ":")

_SETTINGS: Final[dict[str, Any]] = {
    "font.size": 14.0,
    "axes.labelsize": 15.0,
    "axes.titlesize": 14.0,
    "xtick.labelsize": 13.0,
    "ytick.labelsize": 13.0,
    "legend.fontsize": 12.5,
    "legend.frameon": False,
    "axes.linewidth": 1.1,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "xtick.minor.ndivs": 2,
    "ytick.minor.ndivs": 2,
    "ytick.minor.visible": True,
    "xtick.major.size": 7.0,
    "ytick.major.size": 7.0,
    "xtick.minor.size": 3.5,
    "ytick.minor.size": 3.5,
    "hatch.linewidth": 0.7,
    "svg.hashsalt": "showerkit",
    "svg.fonttype": "path",
    "mathtext.default": "regular",
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw with the report's style inside the block and leave matplotlib's settings as they were."""
    from matplotlib import rc_context

    settings: Any = _SETTINGS
    with rc_context(settings):
        yield


def candidate_colour(number: int) -> str:
    """Colour of the candidate of that number."""
    return CANDIDATE_COLOURS[number % len(CANDIDATE_COLOURS)]


def candidate_marker(number: int) -> str:
    """Marker of the candidate of that number; where colours begin again, markers go on by one.

    Examples
    --------
    >>> [candidate_marker(number) for number in (0, 5, 6, 11)]
    ['o', 'P', 's', 'o']
    """
    return MARKERS[(number + number // len(CANDIDATE_COLOURS)) % len(MARKERS)]


def new_figure(width: float = 8.0, height: float = 6.0) -> Figure:
    """Make a figure that no global state knows, of a size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def two_lines(name: str) -> str:
    r"""Break a sample's name at its comma, so that it fits above a panel.

    Examples
    --------
    >>> two_lines("convae, reconstructed")
    'convae,\nreconstructed'
    """
    return name.replace(", ", ",\n", 1)


def ratio_axes(figure: Figure) -> tuple[Axes, Axes]:
    """Divide a figure into a main panel and a ratio panel below, with a common x axis."""
    # Fixed margins: a layout engine would draw every figure twice.
    margins = {"left": 0.175, "right": 0.97, "top": 0.96, "bottom": 0.115, "hspace": 0.07}
    main, ratio = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 1.1], gridspec_kw=margins)
    main.tick_params(labelbottom=False)
    for axes in (main, ratio):
        axes.yaxis.set_label_coords(-0.12, 0.5)
    return main, ratio


def image_grid(rows: int, columns: int, size: float = 2.5) -> tuple[Figure, list[list[Axes]], list[Axes]]:
    """Make a grid of square panels for images, with room for two colour bars on the right.

    Parameters
    ----------
    rows, columns
        Numbers of panels.
    size
        Width and height of a panel in inches.

    Returns
    -------
    tuple
        The figure, the panels by row, and two axes for colour bars.
    """
    left, right, bottom, top, gap, title = 1.6, 2.1, 0.65, 0.65, 0.12, 0.34
    width = left + columns * size + (columns - 1) * gap + right
    height = bottom + rows * size + (rows - 1) * title + top
    figure = new_figure(width, height)
    panels = []
    for row in range(rows):
        y = bottom + (rows - 1 - row) * (size + title)
        line = []
        for column in range(columns):
            x = left + column * (size + gap)
            axes = figure.add_axes((x / width, y / height, size / width, size / height))
            axes.minorticks_off()
            axes.locator_params(nbins=4)
            axes.tick_params(labelleft=column == 0, labelbottom=row == rows - 1, top=False, right=False)
            line.append(axes)
        panels.append(line)
    bar_height = min(4.0, height - bottom - top)
    bars = []
    for number in (0, 1):
        x = width - right + 0.2 + 1.0 * number
        axes = figure.add_axes(
            (x / width, 0.5 - 0.5 * bar_height / height, 0.18 / width, bar_height / height)
        )
        axes.set_visible(False)
        bars.append(axes)
    return figure, panels, bars


def as_data_uri(figure: Figure, image_format: Literal["svg", "png"] = "svg") -> str:
    """Turn a figure into a ``data:`` address that an HTML page holds in itself.

    Parameters
    ----------
    figure
        The figure.
    image_format
        "svg" for lines, "png" where there are many small cells.

    Returns
    -------
    str
        The address; the same figure gives the same text.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    if image_format == "svg":
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        kind = "image/svg+xml"
    else:
        FigureCanvasAgg(figure)
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
        kind = "image/png"
    return f"data:{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
