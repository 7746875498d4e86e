"""Tell those who follow a training what each epoch gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightning.pytorch.callbacks import Callback

from showerkit.train.epoch_listener import EpochFigures

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

    from showerkit.train.epoch_listener import EpochListener


class TellEpochs(Callback):
    """Tell a listener the figures of each epoch.

    Parameters
    ----------
    listener
        Who is told.
    stage
        The stage that is trained.
    monitor
        The logged figure that tells the best epoch.
    """

    def __init__(self, listener: EpochListener, stage: str, monitor: str) -> None:
        self.listener = listener
        self.stage = stage
        self.monitor = monitor

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell the epoch's figures."""
        figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
        epoch, epochs = trainer.current_epoch + 1, trainer.max_epochs or 0
        self.listener.epoch_done(EpochFigures(self.stage, epoch, epochs, self.monitor, figures))
