"""One trial of a study: a training that is followed epoch by epoch, and what is kept of it."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ConfigurationError, TrainingDivergedError, suggest
from showerkit.progress import SilentProgress
from showerkit.train.epoch_listener import TrainingPrunedError
from showerkit.train.families import parse_training_recipe, with_settings
from showerkit.train.run_directory import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optuna import Trial

    from showerkit.progress import Progress
    from showerkit.train.epoch_listener import EpochFigures
    from showerkit.train.trial_record import Outcome
    from showerkit.workflow.tuning_study import TuningStudy

#: What is kept of a trial's run directory; of the best one also its model.
_KEPT: Final = frozenset({"recipe.yaml", "environment.json", "status.json", "metrics.csv"})


class TrialProgress(SilentProgress):
    """Follows the training of a trial, and ends it where the study gives it up.

    Parameters
    ----------
    trial
        The trial.
    title
        What is trained.
    objective
        The figure that counts; None: the one that the training is monitored by.
    stage
        The stage whose figures count.
    progress
        Where the training's progress goes; its notes go nowhere.
    """

    def __init__(
        self, trial: Trial, title: str, objective: str | None, stage: str, progress: Progress
    ) -> None:
        self._trial = trial
        self._title = title
        self._objective = objective
        self._stage = stage
        self._progress = progress
        self.figures: list[float] = []
        self.name = ""

    def start(self, what: str, total: int, unit: str) -> None:
        """Begin a task."""
        self._progress.start(self._title, total, unit)

    def advance(self, done: int) -> None:
        """Pass it on."""
        self._progress.advance(done)

    def finish(self) -> None:
        """End the task."""
        self._progress.finish()

    def epoch_done(self, epoch: EpochFigures) -> None:
        """Tell the study the epoch's figure."""
        if epoch.stage != self._stage:
            return
        self.name = name = self._objective or epoch.monitor
        value = epoch.figures.get(name)
        if value is None:
            raise ConfigurationError(
                "objective of the study", got=f"'{name}'", mend=suggest(name, sorted(epoch.figures))
            )
        # What is no number is the worst of all, and cannot be told apart by a sorting.
        finite = math.isfinite(value)
        self._trial.report(value if finite else math.inf, epoch.epoch)
        if not finite:
            raise TrainingDivergedError(
                f"trial {self._trial.number}, epoch {epoch.epoch}", got=f"{name} {value}"
            )
        self.figures.append(value)
        if epoch.epoch < epoch.epochs and self._trial.should_prune():
            raise TrainingPrunedError


def try_settings(
    study: TuningStudy,
    trial: Trial,
    settings: Mapping[str, Any],
    values: Mapping[str, Any],
    data: Path,
    folder: Path,
    title: str,
    progress: Progress,
) -> None:
    """Train with the settings of a trial, and write down how it ended.

    Parameters
    ----------
    study
        The study.
    trial, settings
        The trial and its settings.
    values
        The recipe of a training, whose settings are replaced.
    data
        The showers.
    folder
        The trial's run directory; what is there is removed.
    title
        What is shown while it trains.
    progress
        Where to report.

    Raises
    ------
    ShowerkitError
        If no trial could do it: the showers cannot be read, or nothing can be written.
    KeyboardInterrupt
        If the user stopped it; going on repeats the trial.
    """
    import torch

    from showerkit.workflow.train import train

    began = time.perf_counter()
    try:
        recipe = parse_training_recipe(with_settings(values, settings), source="these settings together")
    except ConfigurationError as wrong:
        study.tell(trial, "failed", failure=str(wrong))
        return
    stage = "regression" if getattr(recipe, "adversarial", None) is None else "adversarial"
    follow = TrialProgress(trial, title, study.space.objective, stage, progress)

    def ended(outcome: Outcome, value: float | None = None, failure: str = "") -> None:
        study.tell(
            trial,
            outcome,
            value=value,
            epochs=len(follow.figures),
            seconds=time.perf_counter() - began,
            failure=failure,
            objective=follow.name,
        )

    if folder.exists():
        shutil.rmtree(folder)
    try:
        train(recipe, data, folder, progress=follow)
    except TrainingPrunedError:
        ended("pruned")
    except TrainingDivergedError as diverged:
        ended("diverged", failure=str(diverged))
    except torch.cuda.OutOfMemoryError as full:
        ended("failed", failure=str(full))
    except BaseException:
        study.abandon(trial)
        raise
    else:
        # An adversarial stage that runs away keeps its last good state and says so in the status.
        status = RunDirectory(folder).read_status()
        if status is not None and status.diverged is not None:
            ended("diverged", failure=status.diverged)
        else:
            ended("finished", value=min(follow.figures))


def slim(folder: Path, *, keep_model: bool) -> None:
    """Remove what is large from a trial's run directory.

    Parameters
    ----------
    folder
        The run directory, if there is one.
    keep_model
        Whether the model stays.
    """
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.name not in _KEPT and not (keep_model and path == RunDirectory(folder).model):
            path.unlink()
