"""The table of a training's losses."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from lightning.pytorch.callbacks import Callback

from showerkit.data.atomic_file import replacing

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
