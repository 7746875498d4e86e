"""A study of hyperparameters in pictures: its course, what matters, and the figure against each setting."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.report.figures.style import CANDIDATE_COLOURS, FLOOR_COLOUR, REFERENCE_COLOUR, new_figure
from showerkit.train.search_space import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from showerkit.train.search_space import Parameter, SearchSpace
    from showerkit.train.trial_record import TrialRecord

_FINISHED, _BEST, _SECOND = CANDIDATE_COLOURS[:3]
_COLUMNS: Final = 3
_MEASURES: Final = {"fanova": "functional ANOVA", "impurity": "mean decrease of impurity"}


def history_figure(records: Sequence[TrialRecord], objective: str) -> Figure:
    """Draw the figure of every trial, and the best so far.

    Parameters
    ----------
    records
        The trials.
    objective
        Name of the figure.
    """
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(9.0, 5.6)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.13)
    numbers = [record.number + 1 for record in records if record.value is not None]
    values = [record.value for record in records if record.value is not None]
    axes.plot(numbers, values, "o", color=_FINISHED, label="finished")
    pruned = [(record.number + 1, least) for record in records if (least := _unfinished(record)) is not None]
    if pruned:
        axes.plot(*zip(*pruned, strict=True), "x", color=FLOOR_COLOUR, label="ended early: best until then")
    if numbers:
        steps = [*numbers, len(records)]
        best = np.minimum.accumulate([*values, math.inf])
        axes.step(steps, best, where="post", color=_BEST, linewidth=1.6, label="best so far")
    _value_axis(axes, [*values, *(value for _, value in pruned)])
    axes.set_xlabel("Trial")
    axes.set_ylabel(_readable(objective))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3, borderaxespad=0.2)
    return figure


def importance_figure(importance: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the share of the figure's variation that each setting explains.

    Parameters
    ----------
    importance
        Shares by setting by measure.
    """
    keys = list(next(iter(importance.values())))[::-1]
    height = 1.6 + 0.62 * len(keys)
    figure = new_figure(9.0, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.4, right=0.97, top=1.0 - 0.15 / height, bottom=0.75 / height)
    width = 0.8 / len(importance)
    for number, (measure, shares) in enumerate(importance.items()):
        places = np.arange(len(keys)) + 0.4 - width * (number + 0.5)
        axes.barh(
            places,
            [shares[key] for key in keys],
            width,
            color=(_FINISHED, _SECOND)[number % 2],
            label=_MEASURES.get(measure, measure),
        )
    axes.set_yticks(np.arange(len(keys)), keys)
    axes.tick_params(axis="y", which="minor", left=False, right=False)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("Share of the variation")
    axes.legend(loc="lower right")
    return figure


def slices_figure(records: Sequence[TrialRecord], space: SearchSpace, objective: str) -> Figure:
    """Draw the figure of the trials against each setting.

    Parameters
    ----------
    records
        The trials.
    space
        What was varied.
    objective
        Name of the figure.
    """
    keys = list(space.parameters)
    columns = min(_COLUMNS, len(keys))
    rows = math.ceil(len(keys) / columns)
    width, height = 1.0 + 4.2 * columns, 0.3 + 3.9 * rows
    figure = new_figure(width, height)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=1.15 / width,
        right=1.0 - 0.2 / width,
        top=1.0 - 0.2 / height,
        bottom=0.85 / height,
        hspace=0.3,
        wspace=0.1,
    )
    finished = [record for record in records if record.value is not None]
    ended = [(record, least) for record in records if (least := _unfinished(record)) is not None]
    all_values = [record.value for record in finished if record.value is not None]
    for key, axes in zip(keys, panels.flat, strict=False):
        parameter = space.parameters[key]
        axes.plot(
            [_place(record.settings[key], parameter) for record, _ in ended],
            [least for _, least in ended],
            "x",
            color=FLOOR_COLOUR,
        )
        axes.plot(
            [_place(record.settings[key], parameter) for record in finished], all_values, "o", color=_FINISHED
        )
        if finished:
            best = min(finished, key=lambda record: record.value or 0.0)
            place = _place(best.settings[key], parameter)
            axes.plot(
                [place], [best.value], "*", color=_BEST, markersize=16, markeredgecolor=REFERENCE_COLOUR
            )
        axes.set_xlabel(key, fontsize=13.0)
        _setting_axis(axes, parameter)
    for axes in panels.flat[len(keys) :]:
        axes.axis("off")
    for row in panels:
        row[0].set_ylabel(_readable(objective))
    _value_axis(panels[0, 0], [*all_values, *(least for _, least in ended)])
    return figure


def _unfinished(record: TrialRecord) -> float | None:
    """The lowest figure of a trial that did not come to its end."""
    finite = [value for value in record.figures.values() if math.isfinite(value)]
    return None if record.value is not None or not finite else min(finite)


def _place(value: Any, parameter: Parameter) -> float:
    """Where a setting stands on its axis."""
    if isinstance(parameter, Choice):
        return float([json.dumps(known) for known in parameter.choices].index(json.dumps(value)))
    return float(value)


def _setting_axis(axes: Axes, parameter: Parameter) -> None:
    if isinstance(parameter, Choice):
        names = [known if isinstance(known, str) else json.dumps(known) for known in parameter.choices]
        short = [name if len(name) <= 14 else f"{name[:13]}\N{HORIZONTAL ELLIPSIS}" for name in names]
        axes.set_xticks(np.arange(len(short)), short)
        axes.set_xlim(-0.5, len(short) - 0.5)
        axes.tick_params(axis="x", which="minor", bottom=False, top=False)
        return
    ticks = np.linspace(parameter.low, parameter.high, 3)
    if parameter.log:
        axes.set_xscale("log")
        ticks = np.geomspace(parameter.low, parameter.high, 3)
    axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.minorticks_off()
    axes.yaxis.minorticks_on()


def _value_axis(axes: Axes, values: Sequence[float | None]) -> None:
    """A logarithmic axis where the figures span more than a factor of ten."""
    numbers = [value for value in values if value is not None]
    if numbers and min(numbers) > 0.0 and max(numbers) > 10.0 * min(numbers):
        axes.set_yscale("log")


def _readable(objective: str) -> str:
    text = objective.replace("_", " ")
    return text[:1].upper() + text[1:]
