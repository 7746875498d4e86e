"""The page about a study of hyperparameters, in Markdown."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from showerkit.report.markdown import NONE, Grid, collapsed, table
from showerkit.report.numbers import plain_number
from showerkit.train.search_space import Choice
from showerkit.train.trial_record import best_trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.train.search_space import Parameter, SearchSpace
    from showerkit.train.trial_record import TrialRecord

_CAPTIONS: Final = {
    "history": "The study's course; trials that were ended early stand at the best that they had reached.",
    "importance": (
        "What share of the figure's variation among the finished trials each setting explains, by a random "
        "forest fitted to them; with few trials these shares are rough."
    ),
    "slices": "The figure against each setting; star: the best trial, crosses: ended early.",
}
_MOST_ROWS: Final = 10


def tuning_page(
    name: str,
    records: Sequence[TrialRecord],
    space: SearchSpace,
    importance: Mapping[str, Mapping[str, float]],
    pictures: Mapping[str, str],
    objective: str,
) -> str:
    """Write the page.

    Parameters
    ----------
    name
        The recipe that was tuned.
    records
        The trials.
    space
        What was varied, and how.
    importance
        Shares of the variation by setting by measure; empty: unknown.
    pictures
        File of each figure, by name.
    objective
        Name of the figure that was sought.

    Returns
    -------
    str
        The page; the same study gives the same text but for the times.
    """
    best = best_trial(records)
    parts = [f"# Study of {name}", _words(records, space, objective), "## Best settings"]
    if best is not None:
        grid = [["Setting", "Best", "Tried"]]
        grid += [[f"`{k}`", _plain(best.settings[k]), _range(p)] for k, p in space.parameters.items()]
        parts += [f"Trial {best.number + 1}, {objective} {best.value:.5g}.", table(grid)]
    parts += ["## Course", _picture("history", pictures), "## Importance"]
    if importance:
        grid = [["Setting", *importance]]
        first = next(iter(importance.values()))
        grid += [[f"`{k}`", *(f"{shares[k]:.2f}" for shares in importance.values())] for k in first]
        parts += [_picture("importance", pictures), table(grid)]
    else:
        parts.append("Fewer than four trials with different figures finished: nothing can be said.")
    parts += ["## Settings", _picture("slices", pictures), "## Trials", *_trials(records, space)]
    return "\n\n".join(parts) + "\n"


def _words(records: Sequence[TrialRecord], space: SearchSpace, objective: str) -> str:
    outcomes = Counter(record.outcome for record in records)
    counted = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.most_common())
    minutes = sum(record.seconds for record in records) / 60.0
    return (
        f"{len(records)} trials ({counted}) in {plain_number(minutes)} minutes; sought: the lowest "
        f"{objective} of an epoch. Proposals: tree-structured Parzen estimator after {space.startup_trials} "
        f"trials at random, seed {space.seed}; pruning: {space.pruning.kind}."
    )


def _picture(name: str, pictures: Mapping[str, str]) -> str:
    return f"![{_CAPTIONS[name]}]({pictures[name]})\n\n{_CAPTIONS[name]}"


def _trials(records: Sequence[TrialRecord], space: SearchSpace) -> list[str]:
    """The best trials, and all of them to be opened."""
    finished = sorted((r for r in records if r.value is not None), key=lambda r: (r.value or 0.0, r.number))
    few = finished[:_MOST_ROWS]
    if len(few) == len(records):
        return [table(_grid(few, space))]
    return [
        f"The best {len(few)}:",
        table(_grid(few, space)),
        collapsed("All trials", [table(_grid(records, space))]),
    ]


def _grid(records: Sequence[TrialRecord], space: SearchSpace) -> Grid:
    keys = list(space.parameters)
    heading = ["Trial", "Figure", "Outcome", "Epochs", "Seconds", *(f"`{key}`" for key in keys)]
    return [
        heading,
        *(
            [
                str(record.number + 1),
                NONE if record.value is None else f"{record.value:.5g}",
                record.outcome,
                str(record.epochs),
                f"{record.seconds:.0f}",
                *(_plain(record.settings[key]) for key in keys),
            ]
            for record in records
        ),
    ]


def _range(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        return ", ".join(_plain(value) for value in parameter.choices)
    scale = " (logarithmic)" if parameter.log else ""
    return f"{_plain(parameter.low)} to {_plain(parameter.high)}{scale}"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)
