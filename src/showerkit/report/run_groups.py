"""Runs of one recipe that differ in nothing but their seeds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.report.run_record import RunRecord

#: Settings that make no other model: names, seeds, device, the place of a shared stage 1, the evaluation.
_NO_CHOICE: Final = (
    ("name",),
    ("description",),
    ("evaluate",),
    ("training", "seed"),
    ("training", "device"),
    ("generate", "seed"),
    ("adversarial", "start"),
)


@dataclass(frozen=True, eq=False)
class RunGroup:
    """Runs of the same settings but for seeds.

    Parameters
    ----------
    name
        What the page calls it: the run's name if it is one.
    records
        The runs, at least one.
    choices
        Their settings without those that make no other model.
    """

    name: str
    records: tuple[RunRecord, ...]
    choices: Mapping[str, Any]

    @property
    def first(self) -> RunRecord:
        """The first of its runs."""
        return self.records[0]


def grouped_by_seed(records: Sequence[RunRecord]) -> list[RunGroup]:
    """Put runs together that differ only in their seeds, in the order of their first ones.

    Parameters
    ----------
    records
        The runs.
    """
    found: dict[str, list[RunRecord]] = {}
    for record in records:
        found.setdefault(json.dumps(choices_of(record.values), sort_keys=True), []).append(record)
    return [RunGroup(_name(runs), tuple(runs), choices_of(runs[0].values)) for runs in found.values()]


def _name(runs: Sequence[RunRecord]) -> str:
    """What the names of the runs have in common, without the beginning of a number."""
    if len(runs) == 1:
        return runs[0].name
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*(run.name for run in runs), strict=False))
    shared = "".join(letters[0] for letters in alike)
    if not shared.endswith(("-", "_")):
        shared = shared.rstrip("0123456789")
    shared = shared.rstrip("-_").removesuffix("seed")
    return f"{shared.rstrip('-_') or runs[0].recipe} ({len(runs)} trainings)"


def choices_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a recipe what makes no other model.

    Examples
    --------
    >>> choices_of({"name": "a", "training": {"epochs": 4, "seed": 1}, "adversarial": None})
    {'training': {'epochs': 4}, 'adversarial': None}
    """
    left = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    for section, *setting in _NO_CHOICE:
        if not setting:
            left.pop(section, None)
        elif isinstance(left.get(section), dict):
            left[section].pop(setting[0], None)
    return left
