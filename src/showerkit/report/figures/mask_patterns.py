"""Patterns of MASK images: an example of each, their shares, their number, and what decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.pattern_shares import share_errors
from showerkit.report.figures.style import (
    FLOOR_COLOUR,
    candidate_colour,
    candidate_marker,
    figure_style,
    new_figure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from showerkit.evaluate.group_number import GroupNumber
    from showerkit.evaluate.pattern_shares import Dependence
    from showerkit.typing import Float32Array, IntArray


def patterns_figure(examples: Float32Array, counts: Sequence[IntArray]) -> Figure:
    """Draw the most typical hit map of each pattern, with its share in the reference."""
    share, error = share_errors(counts[0])
    columns = min(len(examples), 4)
    rows = -(-len(examples) // columns)
    with figure_style():
        figure = new_figure(3.6 * columns, 4.0 * rows)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis in axes[len(examples) :]:
            axis.set_axis_off()
        for number, example in enumerate(examples):
            axis = axes[number]
            axis.imshow(example, origin="lower", cmap="Blues", vmin=0.0, vmax=1.0)
            axis.set_title(
                rf"Pattern {number + 1}: {100 * share[number]:.1f} $\pm$ {100 * error[number]:.1f} %"
                f"\n{example.sum():.0f} hits"
            )
            axis.set_xlabel("Column of cells")
            axis.set_ylabel("Row of cells")
            axis.minorticks_off()
            axis.label_outer()
    return figure


def shares_figure(names: Sequence[str], counts: Sequence[IntArray]) -> Figure:
    """Draw the shares of the patterns with binomial errors, the samples side by side."""
    with figure_style():
        figure = new_figure(8.0, 5.5)
        axis = figure.subplots()
        width = 0.8 / len(counts)
        place = np.arange(len(counts[0]))
        for number, (name, count) in enumerate(zip(names, counts, strict=True)):
            share, error = share_errors(count)
            axis.bar(
                place + (number - 0.5 * (len(counts) - 1)) * width,
                100.0 * share,
                width,
                yerr=100.0 * error,
                color=FLOOR_COLOUR if number == 0 else candidate_colour(number - 1),
                label=name,
                error_kw={"capsize": 3},
            )
        axis.set_xticks(place, [str(number + 1) for number in place])
        axis.tick_params(axis="x", which="minor", bottom=False, top=False)
        axis.set_xlabel("Pattern")
        axis.set_ylabel("Share of showers [%]")
        axis.legend()
    return figure


def number_figure(numbers: Sequence[GroupNumber], chosen: int) -> Figure:
    """Draw the gap statistic and the silhouette against the number of groups."""
    groups = [one.groups for one in numbers]
    with figure_style():
        figure = new_figure(8.0, 6.0)
        upper, lower = figure.subplots(2, 1, sharex=True)
        upper.errorbar(
            groups,
            [one.gap for one in numbers],
            [one.gap_error for one in numbers],
            fmt="o-",
            color=candidate_colour(0),
        )
        upper.set_ylabel("Gap statistic")
        lower.plot(groups[1:], [one.silhouette for one in numbers[1:]], "s-", color=candidate_colour(1))
        lower.axhline(0.25, color=FLOOR_COLOUR, ls="--", label="0.25: no clear groups below")
        lower.set_ylim(0.0, 1.0)
        lower.set_ylabel("Silhouette")
        lower.set_xlabel("Number of groups")
        lower.legend()
        for axis in (upper, lower):
            axis.axvline(chosen, color="black", lw=1, ls=":")
    return figure


def dependence_figure(parts: Sequence[Dependence]) -> Figure:
    """Draw the shares of the patterns against each property of the incident particle."""
    with figure_style():
        figure = new_figure(5.2 * len(parts), 5.0)
        axes = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
        for axis, part in zip(axes, parts, strict=True):
            share, error = share_errors(part.counts)
            centre = 0.5 * (part.edges[1:] + part.edges[:-1])
            filled = part.counts.sum(axis=1) > 0
            for group in range(part.counts.shape[1]):
                axis.errorbar(
                    centre[filled],
                    100.0 * share[filled, group],
                    100.0 * error[filled, group],
                    fmt=f"{candidate_marker(group)}-",
                    ms=4,
                    color=candidate_colour(group),
                    label=f"{group + 1}",
                )
            axis.set_xlabel(part.name)
            axis.set_title(f"decides {100 * part.decided:.1f} %")
            axis.set_ylim(0.0, 100.0)
        axes[0].set_ylabel("Share of showers [%]")
        axes[0].legend(title="Pattern")
    return figure
