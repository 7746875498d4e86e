"""The stages of a finished training: regression, and the adversarial one after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class TrainingStage:
    """One stage of a run's training.

    Parameters
    ----------
    kind
        Which of the two.
    losses
        Losses, learning rates and seconds by epoch.
    settings
        The recipe's section of this stage, all settings written out.
    events
        Showers in the training part of the sample, about; None: not known.
    """

    kind: Literal["regression", "adversarial"]
    losses: dict[str, FloatArray]
    settings: Mapping[str, Any]
    events: int | None

    @property
    def epochs(self) -> int:
        """Epochs finished."""
        epochs = self.losses["epoch"]
        return int(epochs[-1]) if len(epochs) else 0

    @property
    def seconds(self) -> float:
        """Time of its epochs; NaN: not known."""
        seconds = self.losses.get("seconds")
        return math.nan if seconds is None or not len(seconds) else float(np.nansum(seconds))

    @property
    def showers_per_epoch(self) -> int | None:
        """Showers seen in an epoch, about; None: not known."""
        known = [count for count in (self.settings.get("epoch_showers"), self.events) if count is not None]
        return int(min(known)) if known else None

    @property
    def showers(self) -> int | None:
        """Showers seen in all epochs, each counted as often as it was seen; None: not known."""
        return None if self.showers_per_epoch is None else self.epochs * self.showers_per_epoch

    @property
    def batches_per_epoch(self) -> int | None:
        """Batches of an epoch, from the steps that the training counted; None: not known.

        In the adversarial stage each network's update counts as a step, and a batch updates one or both.
        """
        steps = self.losses.get("step")
        if steps is not None and len(steps) and np.isfinite(steps[-1]):
            per_epoch = float(steps[-1]) / self.epochs
            if self.kind == "adversarial":
                updates = self.settings.get("updates") or {"discriminator": 1, "generator": 1}
                both = (int(updates["discriminator"]), int(updates["generator"]))
                per_epoch *= max(both) / sum(both)
            return max(1, round(per_epoch))
        size = self.settings.get("batch_size")
        if self.showers_per_epoch is None or not size:
            return None
        return -(-self.showers_per_epoch // int(size))

    def last_quarter(self, name: str) -> tuple[float, float] | None:
        """Mean of a loss over the last quarter of the epochs and its error from the scatter of epochs."""
        return self._part(name, 0.75, 1.0)

    def second_quarter(self, name: str) -> tuple[float, float] | None:
        """The same over the second quarter of the epochs."""
        return self._part(name, 0.25, 0.5)

    def _part(self, name: str, begin: float, end: float) -> tuple[float, float] | None:
        values = self.losses.get(name)
        if values is None or len(values) < 8:
            return None
        count = len(values)
        part = values[round(begin * count) : round(end * count)]
        if not np.isfinite(part).all():
            return None
        return float(part.mean()), float(part.std(ddof=1) / math.sqrt(len(part)))
