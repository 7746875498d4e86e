"""In what one recipe differs from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from showerkit.report.run_record import setting_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_TOLD: Final = 6
#: Settings that mean something only together, how they are written, and what stands between them.
_PAIRS: Final = {
    "adversarial.labels": ("labels real:fake", "real", ":", "fake"),
    "adversarial.updates": ("updates D:G", "discriminator", ":", "generator"),
    "adversarial.noise": ("noise", "start", " to ", "end"),
}


@dataclass(frozen=True)
class SettingChange:
    """One setting that differs.

    Parameters
    ----------
    key
        Its dotted key.
    before, after
        Its two values, as in the recipes.
    """

    key: str
    before: Any
    after: Any

    @property
    def text(self) -> str:
        """Key and both values, for a table."""
        if self.key == "adversarial" and isinstance(self.after, dict) != isinstance(self.before, dict):
            return "adversarial stage" if isinstance(self.after, dict) else "no adversarial stage"
        if self.key in _PAIRS:
            name, first, between, second = _PAIRS[self.key]
            values = [
                f"{setting_text(side[first])}{between}{setting_text(side[second])}"
                for side in (self.before, self.after)
            ]
            return f"{name} {values[0]} → {values[1]}"
        key = self.key.removeprefix("adversarial.")
        before = setting_text(self.before)
        if isinstance(self.before, dict) and isinstance(self.after, dict):
            before = setting_text(self.before.get("kind"))
        return f"`{key}` {before} → {setting_text(self.after)}"


def setting_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SettingChange]:
    """List what differs; a section of another kind, or one that only one recipe has, counts as one setting.

    Parameters
    ----------
    before, after
        Resolved recipes.

    Examples
    --------
    >>> one = {"training": {"epochs": 4, "schedule": {"kind": "constant", "learning_rate": 0.1}}}
    >>> two = {"training": {"epochs": 5, "schedule": {"kind": "one-cycle", "pct_start": 0.3}}}
    >>> [change.key for change in setting_changes(one, two)]
    ['training.epochs', 'training.schedule']
    """
    return _of_both_networks(list(_walk(before, after, "")))


def changes_text(changes: Sequence[SettingChange]) -> str:
    """Write changes for a table, the first ones of many."""
    told = [change.text for change in changes[:_MOST_TOLD]]
    if len(changes) > _MOST_TOLD:
        told.append(f"and {len(changes) - _MOST_TOLD} more")
    return "; ".join(told)


def _walk(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> list[SettingChange]:
    found: list[SettingChange] = []
    for key in dict.fromkeys((*before, *after)):
        one, two = before.get(key), after.get(key)
        if one == two:
            continue
        name = f"{prefix}{key}"
        if isinstance(one, dict) and isinstance(two, dict) and _same_section(one, two, name):
            found += _walk(one, two, f"{name}.")
        else:
            found.append(SettingChange(name, one, two))
    return found


def _same_section(one: Mapping[str, Any], two: Mapping[str, Any], name: str) -> bool:
    """Whether settings of two sections can be told one by one."""
    return one.get("kind") == two.get("kind") and name not in _PAIRS


def _of_both_networks(changes: list[SettingChange]) -> list[SettingChange]:
    """Tell a change of both learning-rate schedules once."""
    generator, discriminator = "adversarial.generator_schedule", "adversarial.discriminator_schedule"
    by_key = {change.key: change for change in changes}
    result = []
    for change in changes:
        twin = None
        if change.key.startswith(generator):
            twin = by_key.get(change.key.replace(generator, discriminator))
            shared = change.key.replace(generator, "both schedules")
        elif change.key.startswith(discriminator):
            twin = by_key.get(change.key.replace(discriminator, generator))
            shared = ""
        if twin is None or (twin.before, twin.after) != (change.before, change.after):
            result.append(change)
        elif shared:
            result.append(SettingChange(shared, change.before, change.after))
    return result
