"""What happens beside the training: progress, the table of losses, seeds, the run's status."""

from __future__ import annotations

import csv
import math
import time
from typing import TYPE_CHECKING, Any, Final

import torch
from lightning.pytorch.callbacks import Callback

from showerkit.data.atomic_file import replacing
from showerkit.errors import TrainingDivergedError
from showerkit.rng import seed_sequence
from showerkit.train.epoch_listener import EpochFigures, TrainingPrunedError
from showerkit.train.run_directory import RunStatus

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import LightningModule, Trainer

    from showerkit.progress import Progress
    from showerkit.train.epoch_listener import EpochListener
    from showerkit.train.run_directory import RunDirectory, Stage

_CHECK_EVERY_STEPS: Final = 20


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


def batches_done(trainer: Trainer) -> int:
    """Batches of this epoch that were gone through before, if a training goes on in the middle of it."""
    done = int(trainer.fit_loop.epoch_loop.batch_progress.current.completed)
    # Between two epochs the count is still that of the former.
    return done if done < trainer.num_training_batches else 0


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


class LossTable(Callback):
    """Write one row of losses an epoch into a CSV file.

    Parameters
    ----------
    path
        The file.
    report
        Where the speed is measured.
    networks
        Names of the networks that have an optimiser each; one network needs none.
    figures
        The logged figures to be kept.
    """

    def __init__(
        self,
        path: Path,
        report: ProgressReport,
        *,
        networks: tuple[str, ...] = ("",),
        figures: tuple[str, ...],
    ) -> None:
        self.path = path
        self.report = report
        self.rates = tuple(f"{name}_learning_rate".lstrip("_") for name in networks)
        self.columns = ("epoch", "step", *self.rates, *figures, "showers_per_s", "seconds")
        self._rows: list[dict[str, str]] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the rows of the epochs that a resumed training does not repeat."""
        if trainer.current_epoch and self.path.is_file():
            with self.path.open(newline="", encoding="utf-8") as handle:
                self._rows = [r for r in csv.DictReader(handle) if int(r["epoch"]) <= trainer.current_epoch]

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch's row."""
        figures = {name: f"{float(value):.8g}" for name, value in trainer.callback_metrics.items()}
        row = {
            "epoch": str(trainer.current_epoch + 1),
            "step": str(trainer.global_step),
            **{
                name: f"{optimizer.param_groups[0]['lr']:.6g}"
                for name, optimizer in zip(self.rates, trainer.optimizers, strict=True)
            },
            "showers_per_s": f"{self.report.events_per_s:.1f}",
            "seconds": f"{self.report.epoch_seconds:.3f}",
            **figures,
        }
        self._rows.append({name: row.get(name, "") for name in self.columns})
        with replacing(self.path) as partial, partial.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, self.columns)
            writer.writeheader()
            writer.writerows(self._rows)


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

    def finished(self) -> None:
        """Say that the model is written."""
        self._write(state="finished")

    def _write(self, **changes: Any) -> None:
        self.now = self.now.model_copy(update=changes)
        self.run.write_status(self.now)


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


def _duration(seconds: float) -> str:
    """A duration for people: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
