"""What each choice did: a run beside the one from which its recipe is derived."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from showerkit.report.numbers import SIGMA, value_with_error
from showerkit.report.quantities import JUDGED, MSE, Estimate, Quantity
from showerkit.report.run_record import same_floor
from showerkit.report.setting_changes import SettingChange, changes_text, setting_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.report.run_groups import RunGroup

#: Differences below so many standard errors are not told from chance.
SEEN: Final = 2.0
NOT_SEEN: Final = "no difference seen"


@dataclass(frozen=True, eq=False)
class Choice:
    """One recipe beside the one that it is derived from.

    Parameters
    ----------
    group, parent
        The two.
    changes
        The settings that differ.
    """

    group: RunGroup
    parent: RunGroup
    changes: tuple[SettingChange, ...]


def choices_on(groups: Sequence[RunGroup]) -> list[Choice]:
    """Find for each recipe the one on the page from which it is derived.

    That is the one with the fewest other settings among former ones of its own recipe; else the nearest of
    those that it builds on by their key ``base``; else the one with the fewest other settings among all that
    stand before it and do not build on it.

    Parameters
    ----------
    groups
        What is on the page.
    """
    found = []
    for number, group in enumerate(groups):
        candidates = _kin(group, groups, groups[:number])
        if not candidates:
            continue
        choices = [
            Choice(group, parent, tuple(setting_changes(parent.choices, group.choices)))
            for parent in candidates
        ]
        found.append(min(choices, key=lambda choice: len(choice.changes)))
    return found


def _kin(group: RunGroup, groups: Sequence[RunGroup], before: Sequence[RunGroup]) -> list[RunGroup]:
    """Those from which a recipe may be derived, of the nearest kind that is on the page."""
    recipe = group.first.recipe
    same = [other for other in before if other.first.recipe == recipe]
    if same:
        return same
    for ancestor in group.first.ancestors:
        bases = [other for other in groups if other.first.recipe == ancestor]
        if bases:
            return bases
    return [other for other in before if recipe not in other.first.ancestors]


def choices_grid(groups: Sequence[RunGroup]) -> list[list[str]]:
    """Write the table: changed settings and the change of each figure."""
    grid = [["Run", "beside", "Changed", *(quantity.heading for quantity in JUDGED)]]
    for choice in choices_on(groups):
        effects = [effect_text(quantity, choice.group, choice.parent) for quantity in JUDGED]
        grid.append([choice.group.name, choice.parent.name, changes_text(choice.changes), *effects])
    return grid


def difference(quantity: Quantity, group: RunGroup, parent: RunGroup) -> Estimate | None:
    """How much worse a group is than another; below zero it is better.

    Parameters
    ----------
    quantity
        By what they are judged.
    group, parent
        The two.
    """
    one, two = quantity.of_group(group), quantity.of_group(parent)
    if one is None or two is None:
        return None
    found = quantity.badness(one).minus(quantity.badness(two))
    if quantity is MSE and not same_floor((group.first, parent.first)):
        found = Estimate(
            found.value, math.hypot(found.error, _floor_error(one, group), _floor_error(two, parent))
        )
    return found


def effect_text(quantity: Quantity, group: RunGroup, parent: RunGroup) -> str:
    """Write whether a choice helped, by how much, and by how many standard errors."""
    change = difference(quantity, group, parent)
    if change is None:
        return "n/a"
    if abs(change.sigmas) < SEEN:
        return f"{NOT_SEEN} ({abs(change.sigmas):.1f} {SIGMA})"
    word = "better" if change.value < 0.0 else "**worse**"
    return f"{word} {value_with_error(change.value, change.error)} ({sigmas_text(change)})"


def sigmas_text(change: Estimate) -> str:
    """Write the number of standard errors without its sign."""
    size = abs(change.sigmas)
    return f"{size:.1f} {SIGMA}" if size < 100.0 else f"> 100 {SIGMA}"


def _floor_error(ratio: Estimate, group: RunGroup) -> float:
    floor = group.first.floor_measures["hit_probability.mse"]
    return ratio.value * floor.error / floor.value
