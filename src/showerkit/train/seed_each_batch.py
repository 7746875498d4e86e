"""Random numbers of a training that do not depend on when it was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch.callbacks import Callback

from showerkit.rng import seed_sequence
from showerkit.train.batch_count import batches_done

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer


class SeedEachBatch(Callback):
    """Seed dropout and the like from (seed, epoch, batch), so that resuming repeats what would have come.

    The seed of a batch is set before it is read. Of several devices each draws its own numbers.

    Parameters
    ----------
    seed
        The training's seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed the library's random numbers for the first batch."""
        self._set(trainer, batches_done(trainer))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Seed them for the next batch; after the last, for the validation."""
        self._set(trainer, batch_idx + 1)

    def _set(self, trainer: Trainer, batch: int) -> None:
        rank = [trainer.global_rank] if trainer.global_rank else []
        sequence = seed_sequence(self.seed, "training", trainer.current_epoch, batch, *rank)
        torch.manual_seed(int(sequence.generate_state(1)[0]))
