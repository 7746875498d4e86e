"""The sections on seeds, on choices, and on what the reports found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.choices import choices_grid, effect_text
from showerkit.report.findings import ABSENT, Statement, Trial, run_of
from showerkit.report.markdown import NONE, Grid, collapsed, table
from showerkit.report.numbers import value_with_error
from showerkit.report.quantities import AUC_CELLS, AUC_OBSERVABLES, JUDGED, MSE, Quantity
from showerkit.report.zdc_findings import FOUND, TRIED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.report.run_groups import RunGroup

_TRIED_BY: Final = (MSE, AUC_OBSERVABLES, AUC_CELLS)
_CHOICES: Final = (
    "Each recipe stands beside the one on this page that it is derived from. *Better* is nearer to Geant4; "
    "the change of the figure stands with its error and the number of standard errors. Within two of them "
    "no difference is seen; of twenty comparisons one lies beyond two by chance. Errors are those of samples "
    "and classifiers, taken as independent. A recipe that was trained once has no error for its training: "
    "another seed might change its figures by more."
)
_FOUND: Final = (
    "What the three ZDC reports found, held against the runs on this page: our samples, our budgets. They "
    "judged images by eye; here the classifier on cells judges them. Confirmed or refuted is what differs by "
    "two standard errors. Outcomes for recipes that were trained once hold for these trainings."
)


def seeds_section(groups: Sequence[RunGroup]) -> list[str]:
    """Show recipes that were trained several times: mean and scatter, and how many trainings held."""
    several = [group for group in groups if len(group.records) > 1]
    if not several:
        return []
    heading = ["Recipe", "Trainings", "Without divergence", *(quantity.heading for quantity in JUDGED)]
    grid: Grid = [heading]
    for group in several:
        held = sum(record.diverged is None for record in group.records)
        count = len(group.records)
        names = ", ".join(record.name for record in group.records)
        cells = [_scatter(quantity, group) for quantity in JUDGED]
        grid.append([group.name, names, f"{held} of {count}", *cells])
    words = "Runs that differ in nothing but their seeds: the mean, and the scatter of one training about it."
    return ["## Several seeds", words, table(grid)]


def choices_section(groups: Sequence[RunGroup]) -> list[str]:
    """Show what each choice changed."""
    grid = choices_grid(groups)
    return ["## What each choice did", _CHOICES, table(grid)] if len(grid) > 1 else []


def findings_section(groups: Sequence[RunGroup]) -> list[str]:
    """Hold the reports' statements against the runs, if the page has runs for any of them."""
    found, absent = _judged(FOUND, groups)
    tried, untried = _tried(TRIED, groups)
    if not found and not tried:
        return []
    parts = ["## What the reports found", _FOUND]
    if found:
        parts.append(table([["Report", "Finding", "On our data", "Evidence"], *found]))
    if tried:
        parts.append("What they tried, or meant to try, without telling an outcome:")
        parts.append(table([["Report", "Choice", *(quantity.heading for quantity in _TRIED_BY)], *tried]))
    if absent or untried:
        listed = "\n".join(f"- {text}" for text in (*absent, *untried))
        count = len(absent) + len(untried)
        parts.append(collapsed(f"{count} more for which this page has no runs", [listed]))
    return parts


def _tried(trials: Sequence[Trial], groups: Sequence[RunGroup]) -> tuple[Grid, list[str]]:
    grid: Grid = []
    absent = []
    for trial in trials:
        group, other = run_of(trial.recipe, groups), run_of(trial.other, groups)
        if group is None or other is None:
            absent.append(trial.text)
        else:
            cells = [effect_text(quantity, group, other) for quantity in _TRIED_BY]
            grid.append([trial.source, trial.text, *cells])
    return grid, absent


def _judged(statements: Sequence[Statement], groups: Sequence[RunGroup]) -> tuple[Grid, list[str]]:
    grid: Grid = []
    absent = []
    for statement in statements:
        outcome = statement.check.judge(groups)
        if outcome == ABSENT:
            absent.append(statement.text)
        else:
            verdict = f"**{outcome.verdict}**"
            grid.append([statement.source, statement.text, verdict, outcome.evidence])
    return grid, absent


def _scatter(quantity: Quantity, group: RunGroup) -> str:
    values = [value.value for record in group.records if (value := quantity.of(record)) is not None]
    if len(values) < 2:
        return NONE
    return value_with_error(float(np.mean(values)), float(np.std(values, ddof=1)))
