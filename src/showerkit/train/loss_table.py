"""The table of a training's losses."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from lightning.pytorch.callbacks import Callback

from showerkit.data.atomic_file import replacing
from showerkit.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import LightningModule, Trainer

    from showerkit.train.progress_report import ProgressReport


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
            rows = rows_until(self.path, trainer.current_epoch)
            self._rows = [{name: row.get(name) or "" for name in self.columns} for row in rows]

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


def rows_until(path: Path, epoch: int) -> list[dict[str, str]]:
    """Read the rows of a table up to an epoch.

    Raises
    ------
    CheckpointError
        If it is no table of epochs.
    """
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            return [row for row in csv.DictReader(handle) if int(row["epoch"]) <= epoch]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as damage:
        raise CheckpointError(
            f"{path}",
            got=" ".join(str(damage).split())[:200] or type(damage).__name__,
            expected="the table of a training's epochs",
            mend="delete it, which loses the figures of the epochs so far, or start in a new folder",
        ) from None
