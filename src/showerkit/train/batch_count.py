"""How far an epoch was gone through before a training goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.pytorch import Trainer


def batches_done(trainer: Trainer) -> int:
    """Batches of this epoch that were gone through before, if a training goes on in the middle of it."""
    done = int(trainer.fit_loop.epoch_loop.batch_progress.current.completed)
    # Between two epochs the count is still that of the former.
    return done if done < trainer.num_training_batches else 0
