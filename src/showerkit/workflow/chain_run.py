"""What the chains of all recipes have in common: samples, a training, steps that are kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import ConfigurationError
from showerkit.geometry import load_detector
from showerkit.workflow.chain_sections import ChainSections, ShowerSections
from showerkit.workflow.steps import Steps, settings_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from showerkit.configuration import StrictConfig
    from showerkit.progress import Progress

RecipeT = TypeVar("RecipeT", bound=ChainSections)
ShowerRecipeT = TypeVar("ShowerRecipeT", bound=ShowerSections)


class ChainRun(Generic[RecipeT]):
    """The steps of one run; a step that is finished with the same settings is kept.

    Parameters
    ----------
    recipe
        The recipe.
    folder
        Folder of the run.
    data
        Folder of the samples.
    workers
        Simulation processes; None: all cores.
    progress
        Where to report.
    """

    def __init__(
        self, recipe: RecipeT, folder: Path, data: Path, workers: int | None, progress: Progress
    ) -> None:
        self._recipe = recipe
        self._folder = folder
        self._data = data
        self._workers = workers
        self._progress = progress
        self._own_data = data == folder / "data"
        self._train, self._test, self._floor = (data / f"{name}.h5" for name in ("train", "test", "floor"))
        self._model = folder / "model"
        self._report = folder / "report"
        self._samples = Steps(data)
        self._steps = Steps(folder)

    def run(self) -> None:
        """Do every step that is not finished."""
        raise NotImplementedError

    def _sample_step(self, what: str, path: Path, key: str, do: Callable[[bool], None]) -> None:
        """Make a sample, unless it is there; one of other settings in a shared folder is left alone."""
        name = path.relative_to(self._data).with_suffix("").as_posix()
        if not self._own_data and self._samples.knows(name) and not self._samples.is_finished(name, key):
            raise ConfigurationError(
                f"{path}",
                got="a sample that is unfinished or of another 'simulate' section",
                expected="the sample of this recipe",
                mend="name another folder of samples",
            )

        def made(goes_on: bool) -> list[Path]:
            do(goes_on)
            return [path]

        self._step(name, key, made, what=what, steps=self._samples)

    def _do_train(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.train import train

        if not goes_on and self._model.exists():
            shutil.rmtree(self._model)
        training = self._recipe.training_recipe()
        sample = self._training_sample()
        return [train(training, sample, self._model, resume=goes_on, progress=self._progress)]

    def _training_sample(self) -> Path:
        """What the model learns from: a file, or a folder of files."""
        return self._train

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
                partial.write_text(yaml.safe_dump(plain(self._recipe), sort_keys=False), encoding="utf-8")
        except OSError as failure:
            raise write_error(target, failure) from None


class ShowerChainRun(ChainRun[ShowerRecipeT]):
    """The steps of a chain that learns from showers (parameters as for `ChainRun`)."""

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe, section = self._recipe, self._recipe.simulate
        # A detector that is wrong is told before anything is written.
        detector = load_detector(recipe.detector).model_dump(mode="json")
        self._write_recipe()
        common = [detector, plain(section.primaries), section.cut_mm]
        train_key = settings_key("train", *common, section.seed, section.train)
        test_key = settings_key("test", *common, section.seed + 1, section.test)
        model_key = settings_key(train_key, plain(recipe.training_recipe()))
        self._sample(
            "simulate the training sample", self._train, train_key, n=section.train, seed=section.seed
        )
        self._sample("simulate the test sample", self._test, test_key, n=section.test, seed=section.seed + 1)
        self._further_samples(test_key)
        self._step("train", model_key, self._do_train)
        self._use(model_key, test_key)

    def _further_samples(self, test_key: str) -> None:
        """Simulate what else is needed."""

    def _use(self, model_key: str, test_key: str) -> None:
        """Use the model on the test sample, and judge it."""
        raise NotImplementedError

    def _sample(
        self, what: str, path: Path, key: str, *, seed: int, n: int | None = None, like: Path | None = None
    ) -> None:
        from showerkit.workflow.simulate import simulate

        def do(goes_on: bool) -> None:
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

        self._sample_step(what, path, key, do)


def plain(config: StrictConfig) -> dict[str, Any]:
    """Give a configuration as JSON and YAML hold it."""
    return dict(config.model_dump(mode="json"))
