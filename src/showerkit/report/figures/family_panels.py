"""Figures of many runs: a row of panels for each family of runs, its legend beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.figures.style import CANDIDATE_COLOURS, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES: Final = ("-", "--", ":", "-.")
_ROW, _PANEL, _LEFT, _LEGEND, _TOP, _BOTTOM, _GAP = 2.9, 5.2, 1.05, 2.9, 0.35, 0.75, 0.95


def family_panels(
    families: Sequence[str], columns: int, x_label: str, *, share_y: bool = True, panel: float = _PANEL
) -> tuple[Figure, list[list[Axes]]]:
    """Make a row of panels for each family, with room for a legend on the right.

    Parameters
    ----------
    families
        Their names.
    columns
        Panels in a row.
    x_label
        Label of the x axis of the last row.
    share_y
        Whether all panels of a column have one y axis.
    panel
        Width of a panel in inches.

    Returns
    -------
    tuple
        The figure, and the panels by row.
    """
    rows = len(families)
    width = _LEFT + columns * panel + (columns - 1) * _GAP + _LEGEND
    height = _TOP + _BOTTOM + rows * _ROW + (rows - 1) * 0.3
    figure = new_figure(width, height)
    axes = figure.subplots(rows, columns, sharex="all", sharey="col" if share_y else "none", squeeze=False)
    figure.subplots_adjust(
        left=_LEFT / width,
        right=1.0 - _LEGEND / width,
        top=1.0 - _TOP / height,
        bottom=_BOTTOM / height,
        hspace=0.3 / _ROW,
        wspace=_GAP / panel,
    )
    for axis in axes[-1]:
        axis.set_xlabel(x_label)
    return figure, [list(row) for row in axes]


def family_line(number: int) -> tuple[str, str]:
    """Colour and line style of a family's member of that number."""
    colours = len(CANDIDATE_COLOURS)
    return CANDIDATE_COLOURS[number % colours], _STYLES[number // colours % len(_STYLES)]


def family_legend(row: Sequence[Axes], family: str) -> None:
    """Write the legend of a row beside its last panel, under the family's name."""
    handles, labels = row[0].get_legend_handles_labels()
    legend = row[-1].legend(
        handles,
        labels,
        title=family,
        loc="upper left",
        bbox_to_anchor=(1.02, 1.04),
        borderaxespad=0.0,
        fontsize=11.0,
        title_fontproperties={"weight": "bold", "size": 12.0},
        labelspacing=0.25,
    )
    legend.set_alignment("left")
