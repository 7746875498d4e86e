"""How much the adversarial stages were allowed to see, beside what the shipped recipes ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from showerkit.report.run_record import RunRecord


def planned_showers(values: Mapping[str, Any], events: int | None) -> int | None:
    """Showers that a recipe's adversarial stage is planned to see, each counted as often as it is seen.

    Parameters
    ----------
    values
        The resolved recipe.
    events
        Showers in the training part of its sample; None: not known.

    Examples
    --------
    >>> planned_showers({"adversarial": {"epochs": 50, "epoch_showers": None}}, 54_000)
    2700000
    """
    stage = values.get("adversarial")
    if not isinstance(stage, dict) or not isinstance(stage.get("epochs"), int):
        return None
    known = [count for count in (stage.get("epoch_showers"), events) if isinstance(count, int)]
    return int(stage["epochs"]) * min(known) if known else None


def budget_words(records: Sequence[RunRecord]) -> str:
    """Say whether the adversarial stages had equal budgets, and whether these were those of the recipes."""
    planned, full = [], []
    for record in records:
        stage = record.stage("adversarial")
        mine = None if stage is None else planned_showers(record.values, stage.events)
        if mine is None:
            continue
        planned.append(mine)
        asked = None if record.shipped is None else planned_showers(record.shipped, _events(record.shipped))
        full.append(mine if asked is None else asked)
    if not planned:
        return ""
    equal = "Budgets are equal" if len(set(planned)) == 1 else "Budgets are not equal"
    words = f"{equal}: the adversarial stages were planned to see {_span(planned)} showers"
    if planned != full:
        words += f", where the recipes as shipped ask for {_span(full)}"
    return f"{words}."


def _events(values: Mapping[str, Any]) -> int | None:
    """Showers in the training part of the sample that a recipe asks for."""
    try:
        left = 1.0 - float(values["data"]["validation_fraction"])
        return round(float(values["simulate"]["train"]) * left)
    except (KeyError, TypeError):
        return None


def _span(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
