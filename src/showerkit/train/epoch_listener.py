"""Who follows a training epoch by epoch, and may end it early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class EpochFigures:
    """What was logged in one epoch.

    Parameters
    ----------
    stage
        The stage that is trained.
    epoch, epochs
        The epoch that ended, from 1, and their number.
    monitor
        The figure that tells the best epoch: the lower, the better.
    figures
        All logged figures by name.
    """

    stage: str
    epoch: int
    epochs: int
    monitor: str
    figures: Mapping[str, float]


@runtime_checkable
class EpochListener(Protocol):
    """A `showerkit.progress.Progress` with this method is told the figures of each epoch as well."""

    def epoch_done(self, epoch: EpochFigures) -> None:
        """Take the figures of an epoch; raise `TrainingPrunedError` to end the training."""


class TrainingPrunedError(Exception):
    """A training was ended early because others like it did better; whoever raised it knows what to do."""
