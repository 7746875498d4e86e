"""``showerkit run``: the whole chain of a recipe, from Geant4 to a report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import ConfigurationError
from showerkit.geometry import load_detector
from showerkit.progress import SilentProgress
from showerkit.workflow.chain_sections import ChainSections
from showerkit.workflow.recipe import load_recipe
from showerkit.workflow.steps import Steps, settings_key
from showerkit.workflow.summary import key_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from showerkit.progress import Progress


@dataclass(frozen=True)
class RunResult:
    """Where a chain left its results.

    Parameters
    ----------
    folder
        The run's folder.
    report, metrics
        The HTML report and the figures behind it.
    """

    folder: Path
    report: Path
    metrics: Path

    def key_figures(self) -> tuple[str, ...]:
        """The few figures that sum the evaluation up, as lines of text."""
        return key_figures(self.metrics)


def run(
    recipe: ChainSections | str | Path,
    output: Path | str | None = None,
    *,
    data: Path | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Run the whole chain of a recipe: simulate, train, generate, evaluate, report.

    Parameters
    ----------
    recipe
        A recipe, a shipped recipe's name, or a YAML file.
    output
        Folder of the run; by default ``runs/NAME``.
    data
        Folder of the samples; by default ``data`` in the run's own folder. Runs with the same
        ``simulate`` section can share it: what is there already is not simulated again.
    overrides
        New settings by dotted key, if `recipe` is a name or file.
    workers
        Simulation processes; by default all cores.
    resume
        Go on with a run: steps that are finished with the same settings are kept, a step that
        was interrupted goes on, and a step whose settings have changed is done again.
    progress
        Receives the progress.

    Returns
    -------
    RunResult
        Where the report is.

    Raises
    ------
    ConfigurationError
        If the recipe is wrong, or the folder holds something and `resume` was not asked for.
    ShowerkitError
        From the step that fails; what was finished before is kept.
    """
    if not isinstance(recipe, ChainSections):
        recipe = load_recipe(recipe, overrides)
    elif overrides:
        raise ConfigurationError("overrides", expected="a recipe's name or file to apply them to")
    folder = Path(output) if output is not None else Path("runs") / recipe.name
    _check_folder(folder, resume=resume)
    chain = _Chain(
        recipe,
        folder,
        Path(data) if data is not None else folder / "data",
        workers,
        progress if progress is not None else SilentProgress(),
    )
    return chain.run()


class _Chain:
    """The steps of one run."""

    def __init__(
        self, recipe: ChainSections, folder: Path, data: Path, workers: int | None, progress: Progress
    ) -> None:
        self._recipe = recipe
        self._folder = folder
        self._workers = workers
        self._progress = progress
        self._own_data = data == folder / "data"
        self._train, self._test, self._floor = (data / f"{name}.h5" for name in ("train", "test", "floor"))
        self._model = folder / "model"
        self._generated = folder / "generated.h5"
        self._report = folder / "report"
        self._samples = Steps(data)
        self._steps = Steps(folder)

    def run(self) -> RunResult:
        """Do every step that is not finished."""
        recipe = self._recipe
        # A detector that is wrong is told before anything is written.
        detector = load_detector(recipe.detector).model_dump(mode="json")
        self._write_recipe()
        common = [detector, _plain(recipe.simulate.primaries), recipe.simulate.cut_mm]
        seed = recipe.simulate.seed
        train_key = settings_key("train", *common, seed, recipe.simulate.train)
        test_key = settings_key("test", *common, seed + 1, recipe.simulate.test)
        floor_key = settings_key("floor", test_key, seed + 2)
        training = recipe.training_recipe()
        model_key = settings_key(train_key, _plain(training))
        generated_key = settings_key(model_key, test_key, _plain(recipe.generate))
        report_key = settings_key(generated_key, floor_key, _plain(recipe.evaluate))

        self._sample(
            "simulate the training sample", self._train, train_key, n=recipe.simulate.train, seed=seed
        )
        self._sample("simulate the test sample", self._test, test_key, n=recipe.simulate.test, seed=seed + 1)
        self._sample(
            "simulate the test sample again, for the floor",
            self._floor,
            floor_key,
            like=self._test,
            seed=seed + 2,
        )
        self._step("train", model_key, self._do_train)
        self._step("generate", generated_key, self._do_generate)
        self._step("evaluate", report_key, self._do_evaluate)
        return RunResult(self._folder, self._report / "report.html", self._report / "metrics.json")

    def _sample(
        self, what: str, path: Path, key: str, *, seed: int, n: int | None = None, like: Path | None = None
    ) -> None:
        from showerkit.workflow.simulate import simulate

        name = path.stem
        if not self._own_data and self._samples.knows(name) and not self._samples.is_finished(name, key):
            raise ConfigurationError(
                f"{path}",
                got="a sample that is unfinished or of another 'simulate' section",
                expected="the sample of this recipe",
                mend="name another folder of samples",
            )

        def do(goes_on: bool) -> list[Path]:
            simulate(
                self._recipe.detector,
                path,
                n=n,
                primaries=self._recipe.simulate.primaries if like is None else None,
                like=like,
                seed=seed,
                workers=self._workers,
                cut_mm=self._recipe.simulate.cut_mm,
                resume=goes_on,
                overwrite=True,
                progress=self._progress,
            )
            return [path]

        self._step(name, key, do, what=what, steps=self._samples)

    def _do_train(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.train import train

        if not goes_on and self._model.exists():
            shutil.rmtree(self._model)
        training = self._recipe.training_recipe()
        return [train(training, self._train, self._model, resume=goes_on, progress=self._progress)]

    def _do_generate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.generate import generate

        generate(
            self._model,
            self._generated,
            like=self._test,
            seed=self._recipe.generate.seed,
            with_mask=True,
            overwrite=True,
            progress=self._progress,
        )
        return [self._generated]

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate import evaluate

        report = evaluate(
            self._test,
            [self._generated],
            self._report,
            floor=self._floor,
            training=self._train,
            **self._recipe.evaluate.model_dump(),
            progress=self._progress,
        )
        return [report, report.with_name("metrics.json")]

    def _step(
        self,
        name: str,
        key: str,
        do: Callable[[bool], list[Path]],
        *,
        what: str | None = None,
        steps: Steps | None = None,
    ) -> None:
        """Do one step, unless it is finished with the same settings."""
        steps = steps if steps is not None else self._steps
        what = what if what is not None else name
        if steps.is_finished(name, key):
            self._progress.note(f"{what}: finished before, kept")
            return
        goes_on = steps.begin(name, key)
        self._progress.note(f"{what}: going on" if goes_on else what)
        steps.finish(name, key, do(goes_on))

    def _write_recipe(self) -> None:
        """Keep the recipe as it was resolved, defaults included."""
        import yaml

        target = self._folder / "recipe.yaml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(target) as partial:
                partial.write_text(yaml.safe_dump(_plain(self._recipe), sort_keys=False), encoding="utf-8")
        except OSError as failure:
            raise write_error(target, failure) from None


def _plain(config: Any) -> dict[str, Any]:
    """Give a configuration as JSON and YAML hold it."""
    return dict(config.model_dump(mode="json"))


def _check_folder(folder: Path, *, resume: bool) -> None:
    """Refuse a folder that holds something that is not to be touched."""
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder}", got="a file", expected="the name of a folder")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / "recipe.yaml").is_file():
        raise ConfigurationError(
            f"{folder}", got="a folder that holds other things", expected="a new folder or a former run"
        )
    if not resume:
        raise ConfigurationError(
            f"{folder} holds a run already", mend="add --resume to go on with it, or choose another folder"
        )
