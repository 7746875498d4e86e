"""The study of hyperparameters, kept in a file so that it can go on: what to try next, when to give up."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from showerkit.data.atomic_file import replacing
from showerkit.errors import CheckpointError, MissingDependencyError
from showerkit.rng import seed_sequence
from showerkit.train.search_space import Choice, HalvingPruning, IntRange, MedianPruning
from showerkit.train.trial_record import TrialRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.trial import FrozenTrial

    from showerkit.train.search_space import Parameter, SearchSpace
    from showerkit.train.trial_record import Outcome

_NAME: Final = "showerkit"
_OUTCOME: Final = "outcome"
_FACTS: Final = "facts"
#: What damaged journals raise: values of other types, trials that are not there, ends that were never begun.
_DAMAGES: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
)


class TuningStudy:
    """A study in a journal: lines of JSON that are only added to, so that a stop loses no finished trial.

    What is proposed depends on the finished trials, on the space's seed and on the trial's number alone: a
    study that was stopped and goes on is the study that it would have been.

    Parameters
    ----------
    path
        The journal.
    space
        The settings of the study.

    Raises
    ------
    MissingDependencyError
        If Optuna is not installed.
    CheckpointError
        If the journal is damaged or no study.
    """

    def __init__(self, path: Path, space: SearchSpace) -> None:
        self.path = path
        self.space = space
        self._distributions = {key: _distribution(p) for key, p in space.parameters.items()}
        with _reading(path):
            if path.is_file():
                _forget_unfinished(path)
            self._study = _open(path, _pruner(space))

    def records(self) -> list[TrialRecord]:
        """Give all trials that came to an end, in order."""
        with _reading(self.path):
            trials = self._study.get_trials(deepcopy=False)
            return [self._record(trial) for trial in trials if _OUTCOME in trial.user_attrs]

    def ask(self) -> tuple[Trial, dict[str, Any]]:
        """Give the next trial, and its settings by dotted key."""
        from optuna.samplers import TPESampler

        number = len(self._study.get_trials(deepcopy=False))
        seed = int(seed_sequence(self.space.seed, "tune", number).generate_state(1)[0])
        self._study.sampler = TPESampler(n_startup_trials=self.space.startup_trials, seed=seed)
        trial = self._study.ask(self._distributions)
        return trial, self.space.settings(trial.params)

    def tell(
        self,
        trial: Trial,
        outcome: Outcome,
        *,
        value: float | None = None,
        epochs: int = 0,
        seconds: float = 0.0,
        failure: str = "",
        objective: str = "",
    ) -> None:
        """Write down how a trial ended."""
        from optuna.trial import TrialState

        states = {"finished": TrialState.COMPLETE, "failed": TrialState.FAIL}
        facts = {
            "epochs": epochs,
            "seconds": round(seconds, 3),
            "failure": " ".join(failure.split()),
            "objective": objective,
        }
        trial.set_user_attr(_FACTS, facts)
        trial.set_user_attr(_OUTCOME, outcome)
        # One that ran away counts as pruned, so that its neighbourhood is avoided; failed ones are ignored.
        state = states.get(outcome, TrialState.PRUNED)
        self._study.tell(trial, value if outcome == "finished" else None, state=state)

    def abandon(self, trial: Trial) -> None:
        """Write down that a trial was interrupted; going on repeats it."""
        from optuna.trial import TrialState

        self._study.tell(trial, state=TrialState.FAIL)

    def importance(self) -> dict[str, dict[str, float]]:
        """Say what share of the figure's variation each setting explains, by two measures, largest first.

        ``fanova``: functional analysis of variance of a random forest (Hutter, Hoos and Leyton-Brown, ICML
        2014); ``impurity``: mean decrease of impurity in one. Both are seeded, and see finished trials only.

        Returns
        -------
        dict
            Shares by setting by measure; empty if fewer than four trials finished or all are equal.
        """
        from optuna.importance import (
            FanovaImportanceEvaluator,
            MeanDecreaseImpurityImportanceEvaluator,
            get_param_importances,
        )

        values = {record.value for record in self.records() if record.value is not None}
        if len(values) < 4:
            return {}
        seed = int(seed_sequence(self.space.seed, "importance").generate_state(1)[0])
        evaluators = {
            "fanova": FanovaImportanceEvaluator(seed=seed),
            "impurity": MeanDecreaseImpurityImportanceEvaluator(seed=seed),
        }
        with _reading(self.path), _quiet():
            return {
                name: get_param_importances(self._study, evaluator=evaluator)
                for name, evaluator in evaluators.items()
            }

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        facts = trial.user_attrs.get(_FACTS, {})
        outcome: Outcome = trial.user_attrs[_OUTCOME]
        return TrialRecord(
            trial.number,
            self.space.settings(trial.params),
            outcome,
            trial.value if outcome == "finished" else None,
            int(facts.get("epochs", 0)),
            float(facts.get("seconds", 0.0)),
            str(facts.get("failure", "")),
            dict(trial.intermediate_values),
            str(facts.get("objective", "")),
        )


def require_tuning_library() -> None:
    """Say early that Optuna is missing.

    Raises
    ------
    MissingDependencyError
        If Optuna is not installed.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise MissingDependencyError("Optuna", mend="pip install 'showerkit[tune]'") from None


def _open(path: Path, pruner: BasePruner | None = None) -> Study:
    """Open or begin the study in a journal."""
    require_tuning_library()
    from optuna import create_study
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    with _quiet():
        storage = JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))
        return create_study(storage=storage, study_name=_NAME, pruner=pruner, load_if_exists=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what Optuna and others raise on a damaged journal into one named error."""
    try:
        yield
    except _DAMAGES as broken:
        reason = " ".join(str(broken).split())[:200] or type(broken).__name__
        raise CheckpointError(
            f"{path}", got=f"a damaged study ({reason})", mend="start in a new folder"
        ) from None


def _forget_unfinished(path: Path) -> None:
    """Write the journal anew without trials that did not come to an end, whose numbers are free again."""
    kept = path.read_bytes()
    whole = kept[: kept.rfind(b"\n") + 1]  # the last line may have been cut off
    lock = path.with_name(f"{path.name}.lock")
    lock.unlink(missing_ok=True)  # one that a killed process left; a study has one writer
    with replacing(path) as partial:
        partial.write_bytes(whole)
        before = _open(partial)
        ended = [trial for trial in before.get_trials() if _is_recorded(trial)]
        if len(ended) < len(before.get_trials(deepcopy=False)):
            partial.unlink()
            anew = _open(partial)
            with _quiet():
                anew.add_trials(ended)


def _is_recorded(trial: FrozenTrial) -> bool:
    return trial.state.is_finished() and _OUTCOME in trial.user_attrs


def _distribution(parameter: Parameter) -> BaseDistribution:
    require_tuning_library()
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(parameter, Choice):
        return CategoricalDistribution(parameter.labels)
    low, high = parameter.low, parameter.extremes()[1]
    if isinstance(parameter, IntRange):
        return IntDistribution(parameter.low, int(high), log=parameter.log, step=parameter.step)
    return FloatDistribution(low, high, log=parameter.log, step=parameter.step)


def _pruner(space: SearchSpace) -> BasePruner:
    from optuna import pruners

    pruning = space.pruning
    if isinstance(pruning, MedianPruning):
        return pruners.MedianPruner(pruning.startup_trials, pruning.warmup_epochs)
    if isinstance(pruning, HalvingPruning):
        return pruners.SuccessiveHalvingPruner(pruning.min_epochs, pruning.reduction)
    return pruners.NopPruner()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's notes off the terminal."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)
