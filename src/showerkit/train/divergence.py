"""Notice that an adversarial training runs away, before its state is kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from lightning.pytorch.callbacks import Callback

from showerkit.errors import TrainingDivergedError

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

#: A coin tells hits from empty cells at a cross entropy of ln 2; this is twice as bad.
_WORST_MASK: Final = 2.0 * math.log(2.0)


class StopAtDivergence(Callback):
    """End a training at an epoch whose losses are no numbers, or far too large.

    GEN and DIS are ln 2 where the discriminator knows nothing; a network that has lost for good drives one of
    them up without bound. A MASK loss of twice ln 2 means showers that are worse than tossing coins.

    Parameters
    ----------
    name
        What is trained.
    runaway_loss
        The largest mean GEN and DIS of an epoch.
    """

    def __init__(self, name: str, runaway_loss: float) -> None:
        self.name = name
        self.limits = {"train_gen": runaway_loss, "train_dis": runaway_loss, "train_mask": _WORST_MASK}

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Judge the epoch; the states are kept only afterwards."""
        for figure, value in trainer.callback_metrics.items():
            limit = self.limits.get(figure, math.inf)
            if not math.isfinite(float(value)) or float(value) > limit:
                loss = figure.replace("_", " ")
                raise TrainingDivergedError(
                    f"training '{self.name}', epoch {trainer.current_epoch + 1}",
                    got=f"{loss} {float(value):.4g}",
                    expected=f"at most {limit:.4g}" if math.isfinite(limit) else "a finite number",
                    mend="lower the learning rates, or add a penalty or averaging",
                )
