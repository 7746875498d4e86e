"""The folder of a study of hyperparameters: what it was begun with, its trials, its results."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.train.families import with_settings
from showerkit.train.recipe import with_overrides
from showerkit.train.trial_record import best_trial
from showerkit.workflow.chain_sections import ShowerSections
from showerkit.workflow.recipe import parse_recipe
from showerkit.workflow.recipe_inheritance import merged
from showerkit.workflow.steps import Steps, settings_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.progress import Progress
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.train.search_space import SearchSpace
    from showerkit.train.trial_record import TrialRecord
    from showerkit.workflow.tuning_study import TuningStudy


class TuningFolder:
    """Names of the files of one study.

    Parameters
    ----------
    path
        The folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.journal = self.path / "study" / "journal.jsonl"
        self.settings = self.path / "study" / "settings.json"
        self.recipe = self.path / "recipe.yaml"
        self.best = self.path / "best.yaml"
        self.table = self.path / "trials.csv"
        self.importance = self.path / "importance.json"
        self.report = self.path / "report.md"

    def run_directory(self, number: int) -> Path:
        """Give the run directory of a trial; people count from 1."""
        return self.path / "trials" / f"{number + 1:04d}"

    def check(self, *, resume: bool) -> None:
        """Refuse a folder that is taken.

        Raises
        ------
        ConfigurationError
            If it holds a study and is not to be gone on with, or is a file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ConfigurationError(f"{self.path}", got="a file", expected="a folder for the study")
        if self.settings.exists() and not resume:
            raise ConfigurationError(
                f"{self.path}",
                got="a folder that holds a study already",
                expected="a new folder",
                mend="choose another, or go on with --resume",
            )

    def begin(
        self, values: Mapping[str, Any], base: AnyTrainingRecipe, space: SearchSpace, sample: Path
    ) -> None:
        """Write down what the study begins with, or refuse to go on with something else.

        Raises
        ------
        CheckpointError
            If the study in the folder was begun with another recipe, search space or sample.
        DataError
            If the showers cannot be read.
        """
        from showerkit.data.shower_file import ShowerFile

        with ShowerFile(sample) as file:
            fingerprint = file.fingerprint()
        recipe = base.model_dump(mode="json")
        now = {
            "recipe": {k: v for k, v in recipe.items() if k not in ("name", "description")},
            "search space": space.model_dump(mode="json"),
            "data": fingerprint,
        }
        if not self.settings.exists():
            written = (
                {**values, "detector": _anywhere(values["detector"])} if "detector" in values else values
            )
            _write(self.recipe, yaml.safe_dump(dict(written), sort_keys=False, allow_unicode=True, width=110))
            _write(self.settings, json.dumps(now, indent=1, sort_keys=True) + "\n")
            return
        before = self.begun_with()
        for name, value in json.loads(json.dumps(now)).items():
            if before.get(name) != value:
                raise CheckpointError(
                    f"{self.path}: {name}",
                    got="another than the study began with",
                    mend="resume with the same, or start in a new folder",
                )

    def begun_with(self) -> dict[str, Any]:
        """Read what the study in the folder was begun with.

        Raises
        ------
        CheckpointError
            If it cannot be read.
        """
        try:
            before = json.loads(self.settings.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            before = None
        if not isinstance(before, dict):
            raise CheckpointError(f"{self.settings}", got="no readable JSON", mend="start in a new folder")
        return before

    def sample(self, values: Mapping[str, Any], source: str, progress: Progress) -> Path:
        """Simulate the training sample of a whole chain's recipe, or go on with it.

        Raises
        ------
        ConfigurationError
            If the recipe is not one of a whole chain.
        """
        from showerkit.geometry import load_detector
        from showerkit.workflow.simulate import simulate

        if "detector" not in values or "simulate" not in values:
            raise ConfigurationError(
                f"{source}: sections 'detector' and 'simulate' are missing", mend="name a sample with --data"
            )
        chain = parse_recipe(values, source=source)
        if not isinstance(chain, ShowerSections):
            raise ConfigurationError(
                f"{source}: a chain without showers", mend="name a sample of its jets or images with --data"
            )
        section = chain.simulate
        path = self.path / "data" / "train.h5"
        detector = load_detector(chain.detector).model_dump(mode="json")
        primaries = section.primaries.model_dump(mode="json")
        # As the step of `showerkit run` has it: its runs can share the sample.
        key = settings_key("train", detector, primaries, section.cut_mm, section.seed, section.train)
        steps = Steps(path.parent)
        if steps.is_finished("train", key):
            return path
        simulate(
            chain.detector,
            path,
            n=section.train,
            primaries=section.primaries,
            seed=section.seed,
            cut_mm=section.cut_mm,
            resume=steps.begin("train", key),
            overwrite=True,
            progress=progress,
        )
        steps.finish("train", key, [path])
        return path

    def write_trials(self, records: Sequence[TrialRecord], space: SearchSpace) -> None:
        """Write the table of trials, and the recipe with the best settings."""
        keys = list(space.parameters)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["trial", "outcome", "value", "epochs", "seconds", *keys, "failure"])
        for record in records:
            value = "" if record.value is None else repr(record.value)
            settings = [_cell(record.settings[key]) for key in keys]
            writer.writerow(
                [
                    record.number + 1,
                    record.outcome,
                    value,
                    record.epochs,
                    record.seconds,
                    *settings,
                    record.failure,
                ]
            )
        _write(self.table, text.getvalue())
        best = best_trial(records)
        if best is not None:
            _write(self.best, self._best_recipe(best, len(records)))

    def write_report(self, study: TuningStudy, name: str) -> Path:
        """Write the importance of the settings, and the page about the study with its pictures."""
        from showerkit.report.figures import tuning
        from showerkit.report.figures.picture_file import write_png
        from showerkit.report.figures.style import figure_style
        from showerkit.report.tuning_page import tuning_page

        records, importance = study.records(), study.importance()
        _write(self.importance, json.dumps(importance, indent=1) + "\n")
        objective = next((record.objective for record in records if record.objective), "validation_loss")
        with figure_style():
            figures = {
                "history": tuning.history_figure(records, objective),
                "slices": tuning.slices_figure(records, study.space, objective),
                **({"importance": tuning.importance_figure(importance)} if importance else {}),
            }
        pictures = {}
        for kind, figure in figures.items():
            pictures[kind] = f"report-{kind}.png"
            try:
                write_png(figure, self.path / pictures[kind])
            except OSError as failure:
                raise write_error(self.path / pictures[kind], failure) from None
        page = tuning_page(name, records, study.space, importance, pictures, objective)
        _write(self.report, page)
        return self.report

    def _best_recipe(self, best: TrialRecord, trials: int) -> str:
        """Write the best settings as a recipe that builds on the one that was tuned."""
        values = yaml.safe_load(self.recipe.read_text(encoding="utf-8"))
        head = {
            "name": f"{values['name']}-tuned",
            "description": f"{values['name']} with the best settings of {trials} trials",
        }
        whole = {**with_settings(values, best.settings), **head}
        own: dict[str, Any] = with_overrides(head, best.settings)
        # A section that was chosen whole replaces the recipe's, where inheriting would mix the two.
        inherits = merged(values, own) == whole
        written = {"base": self.recipe.name, **own} if inherits else whole
        text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=110)
        return f"# Trial {best.number + 1} of {trials}: {best.value:.6g}.\n{text}"


def _anywhere(detector: str) -> str:
    """A detector's file is found from the study's folder as well."""
    path = Path(detector)
    return str(path.resolve()) if path.is_file() else detector


def _cell(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise write_error(path, failure) from None
