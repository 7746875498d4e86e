"""The status of a run, from its first epoch to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lightning.pytorch.callbacks import Callback

from showerkit.errors import TrainingDivergedError
from showerkit.train.epoch_listener import TrainingPrunedError
from showerkit.train.run_directory import RunStatus

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

    from showerkit.train.run_directory import RunDirectory, Stage


class StatusFile(Callback):
    """Keep the run's status file true.

    Parameters
    ----------
    run
        The run directory.
    epochs
        Epochs asked for.
    monitor
        The logged figure that tells the best epoch.
    stage
        The stage that is trained.
    """

    def __init__(self, run: RunDirectory, epochs: int, monitor: str, stage: Stage) -> None:
        self.run = run
        self.monitor = monitor
        before = run.read_status()
        fresh = RunStatus(stage=stage, state="running", epochs=epochs)
        self.now = before if before is not None and before.stage == stage else fresh

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say that it runs."""
        self._write(state="running", epochs_done=trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count the epoch, and remember the best."""
        loss = float(trainer.callback_metrics[self.monitor])
        best = self.now.best_loss
        if best is None or loss < best:
            self._write(best_loss=loss, best_epoch=trainer.current_epoch)
        self._write(epochs_done=trainer.current_epoch + 1)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Say how it ended."""
        if isinstance(exception, TrainingDivergedError):
            self._write(diverged=str(exception))
        stopped = isinstance(exception, KeyboardInterrupt | TrainingPrunedError)
        self._write(state="interrupted" if stopped else "failed")

    def figures(self, epoch: int) -> dict[str, float]:
        """Give the figures of the training that a model keeps, its epoch counted from 1."""
        figures = {"epochs": float(self.now.epochs_done), "epoch_of_the_model": float(epoch)}
        if self.now.best_loss is not None:
            figures[f"best_{self.monitor}"] = self.now.best_loss
        return figures

    def finished(self) -> None:
        """Say that the model is written."""
        self._write(state="finished")

    def _write(self, **changes: Any) -> None:
        self.now = self.now.model_copy(update=changes)
        self.run.write_status(self.now)
