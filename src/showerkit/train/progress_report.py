"""The progress of a training: speed, losses and time left, epoch by epoch."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

from lightning.pytorch.callbacks import Callback

from showerkit.errors import TrainingDivergedError
from showerkit.train.batch_count import batches_done

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

    from showerkit.progress import Progress

_CHECK_EVERY_STEPS: Final = 20


class ProgressReport(Callback):
    """Tell a `Progress` how many showers were trained, how fast, and the losses of each epoch.

    Parameters
    ----------
    progress
        Where to tell it.
    name
        What is trained.
    n_events
        Training events per epoch.
    figures
        The logged figures that an epoch's line tells.
    unit
        What is trained on.
    """

    def __init__(
        self,
        progress: Progress,
        name: str,
        n_events: int,
        figures: tuple[str, ...],
        *,
        unit: str = "showers",
    ) -> None:
        self.progress = progress
        self.name = name
        self.n_events = n_events
        self.figures = figures
        self.unit = unit
        self.events_per_s = 0.0
        self.epoch_seconds = 0.0
        self._began = 0.0
        self._trained_until = 0.0
        self._seen = 0
        self._open = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Open the progress, at the epoch where a resumed training goes on."""
        epochs = trainer.max_epochs or 0
        self.progress.start(f"training {self.name}", epochs * self.n_events, self.unit)
        self._open = True
        done = trainer.current_epoch * self.n_events
        done += self.n_events * batches_done(trainer) // int(trainer.num_training_batches)
        if done:
            self.progress.advance(done)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the epoch's clock."""
        self._began = self._trained_until = time.perf_counter()
        self._seen = 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the batch, and end a training whose loss is no number any more."""
        events = len(next(iter(batch.values()))) * trainer.world_size
        self._seen += events
        self._trained_until = time.perf_counter()
        self.progress.advance(events)
        if batch_idx % _CHECK_EVERY_STEPS == 0 and not math.isfinite(float(outputs["loss"])):
            raise TrainingDivergedError(
                f"training '{self.name}', epoch {trainer.current_epoch + 1}",
                got="a loss that is no finite number",
                mend="lower the learning rate or the gradient clip",
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell the epoch's losses, speed and the time left."""
        self.epoch_seconds = time.perf_counter() - self._began
        self.events_per_s = self._seen / max(self._trained_until - self._began, 1e-9)
        epochs, done = trainer.max_epochs or 0, trainer.current_epoch + 1
        figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
        left_s = self.epoch_seconds * (epochs - done)
        told = ", ".join(
            f"{name.removeprefix('train_').replace('_', ' ')} {figures[name]:.4g}"
            for name in self.figures
            if name in figures
        )
        self.progress.note(
            f"epoch {done}/{epochs}: {told}, {self.events_per_s:.0f} {self.unit}/s, {_duration(left_s)} left"
        )

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Close the progress."""
        self._close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Close the progress."""
        self._close()

    def _close(self) -> None:
        if self._open:
            self.progress.finish()
            self._open = False


def _duration(seconds: float) -> str:
    """A duration for people: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
