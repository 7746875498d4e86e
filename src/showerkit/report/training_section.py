"""The section of a report on how the models were trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.report.figures.style import as_data_uri
from showerkit.report.html import Picture, Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.training_record import TrainingRecord

_WORDS: Final = "Means over each epoch; what the validation part says chooses the epoch that is kept."


def training_section(trainings: Sequence[TrainingRecord]) -> list[Section]:
    """Draw the losses of every stage of every training; no section if there are none.

    Call it inside `figure_style`.
    """
    from showerkit.report.figures.cloud_losses import cloud_losses_figure

    pictures = []
    for training in trainings:
        for stage, losses in training.stages.items():
            title = f"{training.name}: {stage.lower()}"
            source = as_data_uri(cloud_losses_figure(losses))
            pictures.append(Picture(title, source, f"Losses against the epoch, {title}."))
    return [Section("training", "Training", _WORDS, tuple(pictures))] if pictures else []
