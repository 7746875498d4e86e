"""Stage 1: a mask-and-value generator learns hits and energies by regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from showerkit.losses.mask_value import MaskValueLosses, mask_value_loss
from showerkit.train.schedules import build_scheduler, first_learning_rate

if TYPE_CHECKING:
    from lightning.pytorch.utilities.types import OptimizerLRScheduler

    from showerkit.losses.mask_value_config import MaskValueLossConfig
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.train.recipe import Training


class TargetBatch(TypedDict):
    """What the regression learns from: inputs (B, k), hits and normalised energies (B, 1, ny, nx)."""

    condition: Tensor
    hit: Tensor
    target: Tensor


class MaskValueRegression(LightningModule):
    """Train a `MaskValueGenerator` with `mask_value_loss`.

    Parameters
    ----------
    network
        The generator.
    loss
        Settings of the loss.
    training
        Settings of optimiser and schedule.
    """

    def __init__(self, network: MaskValueGenerator, loss: MaskValueLossConfig, training: Training) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.training_settings = training

    def _losses(self, batch: TargetBatch) -> MaskValueLosses:
        mask_logit, value = self.network(batch["condition"])
        return mask_value_loss(mask_logit, value, batch["hit"], batch["target"], self.loss)

    def training_step(self, batch: TargetBatch, batch_idx: int) -> Tensor:
        """Compute and log the loss of one training batch."""
        losses = self._losses(batch)
        self._log_losses("train", losses, len(batch["condition"]))
        return losses.total

    def validation_step(self, batch: TargetBatch, batch_idx: int) -> None:
        """Log the loss of one validation batch."""
        self._log_losses("validation", self._losses(batch), len(batch["condition"]))

    def _log_losses(self, part: str, losses: MaskValueLosses, n_events: int) -> None:
        self.log_dict(
            {f"{part}_{name}": figure.detach() for name, figure in _named(losses).items()},
            on_step=False,
            on_epoch=True,
            batch_size=n_events,
            logger=True,
        )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Build AdamW and its schedule, which is stepped once a batch."""
        settings = self.training_settings
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=first_learning_rate(settings.schedule),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        scheduler: Any = build_scheduler(settings.schedule, optimizer, steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def _named(losses: MaskValueLosses) -> dict[str, Tensor]:
    return {"loss": losses.total, "mask": losses.mask, "value": losses.value}
