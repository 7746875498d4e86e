"""Stage 1 of a generator of windows: it learns by the energy score, without an adversary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule

from showerkit.losses.energy_score import shower_score
from showerkit.train.schedules import build_scheduler, first_learning_rate
from showerkit.train.weight_average import WeightAverage
from showerkit.train.window_sampling import split_in_two

if TYPE_CHECKING:
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from torch import Tensor

    from showerkit.losses.energy_score_config import EnergyScoreConfig
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.train.entry_window_recipe import WindowTraining
    from showerkit.train.window_batches import WindowBatch
    from showerkit.train.window_sampling import WindowSampling


class EnergyScoreTraining(LightningModule):
    """Train a generator with the energy score of two showers for each incident particle.

    Parameters
    ----------
    network
        The generator.
    sampling
        Draws showers.
    loss
        Weights of the scores.
    training
        Settings of optimiser and schedule.
    """

    def __init__(
        self,
        network: EntryWindowGenerator,
        sampling: WindowSampling,
        loss: EnergyScoreConfig,
        training: WindowTraining,
    ) -> None:
        super().__init__()
        self.network = network
        self.sampling = sampling
        self.loss = loss
        self.training_settings = training
        self.average = WeightAverage(network, training.average.decay) if training.average else None

    def model_to_be(self) -> EntryWindowGenerator:
        """Give the network that becomes the model: the averaged one, if there is one."""
        return self.network if self.average is None else self.average.network

    def score(self, network: EntryWindowGenerator, batch: WindowBatch) -> Tensor:
        """Compute the score of a network on a batch."""
        first, second = split_in_two(self.sampling.drawn(network, batch, times=2))
        return shower_score(self.sampling.real(batch), first, second, self.loss)

    def training_step(self, batch: WindowBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        loss = self.score(self.network, batch)
        self.log(
            "train_loss", loss.detach(), on_step=False, on_epoch=True, batch_size=len(batch["condition"])
        )
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Let the average follow."""
        if self.average is not None:
            self.average.update(self.network)

    def validation_step(self, batch: WindowBatch, batch_idx: int) -> None:
        """Log the loss of the model to be on one validation batch."""
        loss = self.score(self.model_to_be(), batch)
        self.log("validation_loss", loss, batch_size=len(batch["condition"]))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build AdamW and its schedule, which is stepped once a batch."""
        settings = self.training_settings
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=first_learning_rate(settings.schedule),
            betas=(0.9, 0.99),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimizer, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
