"""Statements about runs, as data, and what the runs on a page say to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from showerkit.report.choices import SEEN, difference, sigmas_text
from showerkit.report.numbers import value_with_error
from showerkit.report.quantities import Estimate, Quantity
from showerkit.report.setting_changes import setting_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.report.run_groups import RunGroup

Verdict: TypeAlias = Literal["confirmed", "refuted", "not decided", "not on this page"]


@dataclass(frozen=True)
class Outcome:
    """What the runs say to a statement.

    Parameters
    ----------
    verdict
        In a word.
    evidence
        The figures it rests on.
    """

    verdict: Verdict
    evidence: str = ""


ABSENT = Outcome("not on this page")


class Check(Protocol):
    """How a statement is held against runs."""

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Find the runs that are needed and give the outcome."""
        ...


@dataclass(frozen=True)
class Statement:
    """Something that was said about runs.

    Parameters
    ----------
    source
        Where.
    text
        Its meaning, in a sentence.
    check
        How it is held against runs.
    """

    source: str
    text: str
    check: Check


@dataclass(frozen=True)
class Trial:
    """A choice that was tried without telling an outcome.

    Parameters
    ----------
    source
        Where.
    text
        What was tried.
    recipe, other
        Names of the recipe that has it and of the one beside it.
    """

    source: str
    text: str
    recipe: str
    other: str


@dataclass(frozen=True)
class Better:
    """One recipe is better than each of others.

    Parameters
    ----------
    recipe, others
        Names of the recipes.
    quantity
        By what they are judged.
    """

    recipe: str
    others: tuple[str, ...]
    quantity: Quantity

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Confirmed if better than each by two standard errors, refuted if worse than one."""
        group = run_of(self.recipe, groups)
        found = [other for name in self.others if (other := run_of(name, groups)) is not None]
        if group is None or not found:
            return ABSENT
        told = [value_text(group, self.quantity)]
        sigmas = []
        for other in found:
            change = difference(self.quantity, group, other)
            if change is None:
                continue
            sigmas.append(change.sigmas)
            told.append(f"{value_text(other, self.quantity)} ({sigmas_text(change)})")
        if not sigmas:
            return ABSENT
        evidence = f"{self.quantity.heading}: {'; '.join(told)}"
        if any(sigma >= SEEN for sigma in sigmas):
            return Outcome("refuted", evidence)
        decided = all(sigma <= -SEEN for sigma in sigmas)
        return Outcome("confirmed" if decided else "not decided", evidence)


@dataclass(frozen=True)
class Below:
    """Every one of some recipes stays below a limit.

    Parameters
    ----------
    recipes
        Their names.
    quantity, limit
        What stays below which value.
    """

    recipes: tuple[str, ...]
    quantity: Quantity
    limit: float

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Confirmed if all are below by two standard errors, refuted if one is above by them."""
        found = _values(self.recipes, self.quantity, groups)
        if not found:
            return ABSENT
        sigmas = [Estimate(value.value - self.limit, value.error).sigmas for _, value in found]
        name, highest = max(found, key=lambda pair: pair[1].value)
        below = sum(sigma <= -SEEN for sigma in sigmas)
        evidence = (
            f"{self.quantity.heading}: {below} of {len(found)} runs below {self.limit:g}; "
            f"highest {name} {value_with_error(highest.value, highest.error)}"
        )
        if any(sigma >= SEEN for sigma in sigmas):
            return Outcome("refuted", evidence)
        return Outcome("confirmed" if below == len(found) else "not decided", evidence)


@dataclass(frozen=True)
class Rises:
    """Some recipes have more of one thing than of another, such as an error at high energy than on average.

    Parameters
    ----------
    recipes
        Their names.
    low, high
        The two.
    """

    recipes: tuple[str, ...]
    low: Quantity
    high: Quantity

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Confirmed if at least half of the runs rise by two standard errors and none falls by them."""
        rises = falls = 0
        told = []
        for group in _runs(self.recipes, groups):
            low, high = self.low.of_group(group), self.high.of_group(group)
            if low is None or high is None:
                continue
            change = high.minus(low)
            rises += change.sigmas >= SEEN
            falls += change.sigmas <= -SEEN
            told.append((change.sigmas, f"{group.name} {_times(high, low)}"))
        if not told:
            return ABSENT
        told.sort()
        few = "; ".join(dict.fromkeys(text for _, text in (told[0], told[-1])))
        evidence = (
            f"{self.high.name} over {self.low.name}: higher in {rises} of {len(told)} runs, "
            f"lower in {falls}; {few}"
        )
        if falls:
            return Outcome("refuted", evidence)
        return Outcome("confirmed" if 2 * rises >= len(told) else "not decided", evidence)


@dataclass(frozen=True)
class MoreIsBetter:
    """Two runs that differ in one setting alone: that with more of it is better.

    Parameters
    ----------
    key
        The setting.
    quantity
        By what they are judged.
    worse
        Whether more is said to be worse.
    names
        Less and more, where they are names and not numbers.
    """

    key: str
    quantity: Quantity
    worse: bool = False
    names: tuple[str, str] | None = None

    def judge(self, groups: Sequence[RunGroup]) -> Outcome:
        """Confirmed if so for all pairs, refuted if one shows the opposite, by two standard errors."""
        sigmas, told = [], []
        for one in groups:
            for two in groups:
                changes = setting_changes(one.choices, two.choices)
                if len(changes) != 1 or changes[0].key != self.key:
                    continue
                if not self._ordered(changes[0].before, changes[0].after):
                    continue
                change = difference(self.quantity, two, one)
                if change is None:
                    continue
                sigmas.append(-change.sigmas if self.worse else change.sigmas)
                told.append(
                    f"{value_text(one, self.quantity)}, {value_text(two, self.quantity)} "
                    f"({sigmas_text(change)})"
                )
        if not sigmas:
            return ABSENT
        evidence = f"{self.quantity.heading}: {'; '.join(told)}"
        if any(sigma >= SEEN for sigma in sigmas):
            return Outcome("refuted", evidence)
        decided = all(sigma <= -SEEN for sigma in sigmas)
        return Outcome("confirmed" if decided else "not decided", evidence)

    def _ordered(self, before: object, after: object) -> bool:
        if self.names is not None:
            return (before, after) == self.names
        return isinstance(before, int | float) and isinstance(after, int | float) and after > before


def run_of(recipe: str, groups: Sequence[RunGroup]) -> RunGroup | None:
    """The recipe's run on the page: the one of its name, if there are several."""
    found = [group for group in groups if group.first.recipe == recipe]
    named = [group for group in found if any(record.name == recipe for record in group.records)]
    return next(iter(named or found), None)


def value_text(group: RunGroup, quantity: Quantity) -> str:
    """Write a group's name and value."""
    value = quantity.of_group(group)
    return f"{group.name} {'n/a' if value is None else value_with_error(value.value, value.error)}"


def _runs(recipes: Sequence[str], groups: Sequence[RunGroup]) -> list[RunGroup]:
    return [group for name in recipes if (group := run_of(name, groups)) is not None]


def _values(
    recipes: Sequence[str], quantity: Quantity, groups: Sequence[RunGroup]
) -> list[tuple[str, Estimate]]:
    return [
        (group.name, value)
        for group in _runs(recipes, groups)
        if (value := quantity.of_group(group)) is not None
    ]


def _times(high: Estimate, low: Estimate) -> str:
    if not low.value > 0.0:
        return f"{value_with_error(high.value, high.error)} from {value_with_error(low.value, low.error)}"
    ratio = high.value / low.value
    error = math.hypot(high.error / low.value, ratio * low.error / low.value)
    return f"{value_with_error(ratio, error)} times"
