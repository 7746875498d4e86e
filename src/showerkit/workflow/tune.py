"""``showerkit tune``: look for the settings of a recipe that lead to the lowest validation figure."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ConfigurationError
from showerkit.progress import SilentProgress
from showerkit.train.trial_record import best_trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.progress import Progress
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.train.search_space import SearchSpace
    from showerkit.train.trial_record import TrialRecord
    from showerkit.workflow.chain_sections import ChainSections
    from showerkit.workflow.tuning_folder import TuningFolder
    from showerkit.workflow.tuning_study import TuningStudy


#: Sections of recipes that decide what the monitored figure means.
_OBJECTIVES: Final = frozenset({"loss", "objective", "independence"})


@dataclass(frozen=True)
class TuningResult:
    """Where a study left its results.

    Parameters
    ----------
    folder
        The study's folder.
    trials
        All trials that came to an end.
    best
        The best of them; None if none finished.
    recipe
        The recipe with the best settings.
    report
        The page about the study.
    """

    folder: Path
    trials: tuple[TrialRecord, ...]
    best: TrialRecord | None
    recipe: Path
    report: Path


def tune(
    recipe: AnyTrainingRecipe | ChainSections | Path | str,
    output: Path | str,
    *,
    trials: int,
    data: Path | str | None = None,
    space: SearchSpace | Path | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    timeout_min: float | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> TuningResult:
    """Look for the settings of a recipe that lead to the lowest validation figure.

    Each trial is a training with other settings. The folder holds ``study`` (the journal of all trials),
    ``trials.csv``, ``best.yaml`` (a recipe with the best settings), ``importance.json``, ``report.md`` with
    its pictures, and in ``trials`` what each training logged, with the model of the best one. Stopped and
    resumed, a study is what it would have been in one go: finished trials stay, one that was interrupted is
    repeated.

    Parameters
    ----------
    recipe
        The recipe of a training or of a whole chain, the YAML file of one, or a shipped recipe's name.
    output
        The study's folder, a new one unless resumed.
    trials
        Number of trials, with those that an earlier part of the study has finished.
    data
        A shower file or a folder of shards; None: the training sample of the recipe's section ``simulate``
        is simulated first.
    space
        What is varied and how, a YAML file of that, or a shipped space's name; None: the recipe's section
        ``tune``.
    overrides
        Settings that replace the recipe's in every trial, by dotted key.
    timeout_min
        Minutes after which no further trial begins; None: no limit.
    resume
        Go on with the study that the folder holds, or begin one if it holds none.
    progress
        Where to report.

    Returns
    -------
    TuningResult
        The trials, and where the results are.

    Raises
    ------
    ConfigurationError
        If recipe or search space are wrong, the folder is taken, or no trial finished.
    CheckpointError
        If the study in the folder is damaged, or is another one.
    DataError
        If the showers cannot be read or are too few, or nothing can be written.
    MissingDependencyError
        If Optuna is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.train.search_space import SearchSpace
    >>> folder = Path(tempfile.mkdtemp())
    >>> space = {"parameters": {"training.batch_size": {"kind": "int", "low": 64, "high": 512}}}
    >>> try:
    ...     tune("demo", folder, trials=0, space=SearchSpace(**space))
    ... except ConfigurationError as error:
    ...     print(error)
    trials: got 0; expected a number above 0
    """
    from showerkit.workflow.tuned_recipe import tuned_recipe
    from showerkit.workflow.tuning_folder import TuningFolder
    from showerkit.workflow.tuning_study import TuningStudy, require_tuning_library

    progress = progress or SilentProgress()
    for name, number in (("trials", trials), ("timeout_min", timeout_min)):
        if number is not None and not number > 0:
            raise ConfigurationError(name, got=number, expected="a number above 0")
    require_tuning_library()
    tuned = tuned_recipe(recipe, space, overrides or {})
    folder = TuningFolder(output)
    folder.check(resume=resume)
    sample = folder.sample(tuned.values, tuned.source, progress) if data is None else Path(data)
    folder.begin(tuned.values, tuned.training, tuned.space, sample)
    moving = [key for key in tuned.space.parameters if key.partition(".")[0] in _OBJECTIVES]
    if tuned.space.objective is None and moving:
        progress.note(f"{moving[0]} changes what the loss means: name an 'objective' that it does not change")
    training = tuned.training.model_dump(mode="json")
    study = TuningStudy(folder.journal, tuned.space)
    try:
        _try_all(study, training, sample, folder, trials, timeout_min, progress)
    finally:
        folder.write_trials(study.records(), tuned.space)
    records = study.records()
    best = best_trial(records)
    if best is None:
        raise ConfigurationError(
            f"{folder.path}: no trial finished",
            got=next((r.failure for r in reversed(records) if r.failure), "only pruned trials"),
            mend="narrow the search space, or go on with more trials and --resume",
        )
    report = folder.write_report(study, tuned.training.name)
    return TuningResult(folder.path, tuple(records), best, folder.best, report)


def _try_all(
    study: TuningStudy,
    training: Mapping[str, Any],
    sample: Path,
    folder: TuningFolder,
    trials: int,
    timeout_min: float | None,
    progress: Progress,
) -> None:
    """Try until there are enough trials or the time is up."""
    from showerkit.workflow.tuning_trial import slim, try_settings

    until = None if timeout_min is None else time.monotonic() + 60.0 * timeout_min
    records = study.records()
    if records:
        progress.note(f"{len(records)} of {trials} trials are there")
    while len(records) < trials:
        if until is not None and time.monotonic() >= until:
            progress.note(f"the time is up after {len(records)} of {trials} trials")
            break
        trial, settings = study.ask()
        title = f"trial {trial.number + 1}/{trials}"
        progress.note(f"{title}: " + ", ".join(f"{k} {_plain(v)}" for k, v in settings.items()))
        run = folder.run_directory(trial.number)
        try_settings(study, trial, settings, training, sample, run, title, progress)
        records = study.records()
        best = best_trial(records)
        for record in records:
            slim(folder.run_directory(record.number), keep_model=record is best)
        folder.write_trials(records, study.space)
        progress.note(_told(records, trials))


def _told(records: list[TrialRecord], trials: int) -> str:
    """One line about the trial that just ended, and how it goes on."""
    last, best = records[-1], best_trial(records)
    how = f"{last.value:.5g}" if last.value is not None else f"{last.outcome} at epoch {last.epochs}"
    if last.failure:
        how += f" ({last.failure})"
    parts = [f"trial {last.number + 1}/{trials}: {how}"]
    if best is not None:
        parts.append(f"best {best.value:.5g} (trial {best.number + 1})")
    each_s = statistics.fmean(record.seconds for record in records)
    left_s = each_s * (trials - len(records))
    left = f"{left_s:.0f} s" if left_s < 90.0 else f"{left_s / 60.0:.0f} min"
    return ", ".join([*parts, f"{each_s:.0f} s a trial", f"{left} left"])


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
