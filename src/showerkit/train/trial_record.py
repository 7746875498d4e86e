"""What is known of one trial of a study of hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Outcome: TypeAlias = Literal["finished", "pruned", "diverged", "failed"]


@dataclass(frozen=True)
class TrialRecord:
    """A trial that came to an end.

    Parameters
    ----------
    number
        Its number, from 0.
    settings
        The settings tried, by dotted key.
    outcome
        How it ended: ``finished``, ``pruned`` (others did better), ``diverged`` (its losses ran away), or
        ``failed`` (the recipe or the machine could not do it).
    value
        The lowest figure of its epochs; None unless it finished.
    epochs
        Epochs done.
    seconds
        How long it took.
    failure
        What went wrong, in one line.
    figures
        The figure of every epoch that counted, by epoch from 1.
    objective
        Name of the figure; empty if the trial came to none.
    """

    number: int
    settings: Mapping[str, Any]
    outcome: Outcome
    value: float | None
    epochs: int
    seconds: float
    failure: str
    figures: Mapping[int, float]
    objective: str = ""


def best_trial(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """Give the trial with the lowest figure, the first of equals; None if none finished.

    Examples
    --------
    >>> a, b = (TrialRecord(n, {}, "finished", v, 1, 1.0, "", {}) for n, v in enumerate((2.0, 1.0)))
    >>> best_trial([a, b]).number
    1
    """
    finished = [record for record in records if record.value is not None]
    return min(finished, key=lambda record: record.value or 0.0, default=None)
