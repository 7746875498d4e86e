"""A legend inside a panel for a few samples, beside the figure for many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More entries than this lie over points wherever they are.
_MOST_INSIDE: Final = 4
_FONT_SIZE: Final = 11.0
#: Mean width of a letter, and what stands before the words, in inches.
_LETTER: Final = 0.088
_HANDLE: Final = 0.85
_Place = Literal["best", "upper left", "upper center", "upper right"]


def place_legend(axes: Axes, *, loc: _Place, **options: Any) -> None:
    """Name what a panel shows, without hiding it.

    Parameters
    ----------
    axes
        The panel whose entries are named; of a figure with several, all are made room for.
    loc
        Where the legend is if it has four entries or fewer; else the figure is widened, and the legend
        stands on its right.
    options
        Further arguments of the legend.
    """
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) <= _MOST_INSIDE:
        axes.legend(loc=loc, **options)
        return
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    width, height = figure.get_size_inches()
    whole = width + _HANDLE + _LETTER * max(_letters(label) for label in labels)
    shrink = width / whole
    for panel in figure.axes:
        x0, y0, across, up = panel.get_position().bounds
        panel.set_position((x0 * shrink, y0, across * shrink, up))
    figure.set_size_inches(whole, height)
    options.setdefault("fontsize", _FONT_SIZE)
    figure.legend(handles, labels, loc="center left", bbox_to_anchor=(shrink, 0.53), **options)


def has_legend_beside(entries: int) -> bool:
    """Whether a legend of so many entries stands beside the figure, and needs no room within."""
    return entries > _MOST_INSIDE


def _letters(label: str) -> int:
    """About how many letters wide a label is, the words of mathematical typesetting left out."""
    return len(re.sub(r"\\[a-z]+|[${}\\_^]", "", label)) + label.count("\\oplus") + label.count("\\sqrt")
