"""The steps of a chain whose model makes jets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_run import ChainRun, plain
from showerkit.workflow.chain_sections import JetSections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.simulate.jets.config import JetProcess


class JetRun(ChainRun[JetSections]):
    """Simulate three samples, train, generate, evaluate.

    With several processes every sample is a folder with a file for each of them.
    """

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe, section = self._recipe, self._recipe.simulate
        self._write_recipe()
        keys = {
            which: self._samples_of(which, what, n, section.seed + number)
            for number, (which, what, n) in enumerate(
                (
                    ("train", "simulate the training sample", section.train),
                    ("test", "simulate the test sample", section.test),
                    ("floor", "simulate another test sample, for the floor", section.test),
                )
            )
        }
        model_key = settings_key(*keys["train"], plain(recipe.training_recipe()))
        self._step("train", model_key, self._do_train)
        generated_key = settings_key(model_key, *keys["test"], plain(recipe.generate))
        self._step("generate", generated_key, self._do_generate)
        report_key = settings_key(generated_key, *keys["floor"], plain(recipe.evaluate))
        self._step("evaluate", report_key, self._do_evaluate)

    def _sample(self, which: str) -> Path:
        """A sample: a file, or a folder of files if there are several processes."""
        mixed = len(self._recipe.simulate.processes) > 1
        return self._data / (which if mixed else f"{which}.h5")

    @property
    def _generated(self) -> Path:
        mixed = len(self._recipe.simulate.processes) > 1
        return self._folder / ("generated" if mixed else "generated.h5")

    def _samples_of(self, which: str, what: str, n: int, seed: int) -> list[str]:
        """Simulate the jets of every process; give the keys of the steps."""
        section = self._recipe.simulate
        keys = []
        for process in section.processes:
            mixed = len(section.processes) > 1
            path = self._sample(which) / f"{process}.h5" if mixed else self._sample(which)
            key = settings_key(which, plain(section.process_config(process)), seed, n)
            self._jets(f"{what} ({process})" if mixed else what, path, process, key, n=n, seed=seed)
            keys.append(key)
        return keys

    def _jets(self, what: str, path: Path, process: JetProcess, key: str, *, n: int, seed: int) -> None:
        from showerkit.workflow.simulate_jets import simulate_jets

        def do(goes_on: bool) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            simulate_jets(
                self._recipe.simulate.process_config(process),
                path,
                n=n,
                seed=seed,
                workers=self._workers,
                resume=goes_on,
                overwrite=True,
                progress=self._progress,
            )

        self._sample_step(what, path, key, do)

    def _training_sample(self) -> Path:
        return self._sample("train")

    def _do_generate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.generate import generate

        # As many as the test sample has, but of the training's population: what is judged is all drawn.
        processes, generated = self._recipe.simulate.processes, self._generated
        if len(processes) == 1:
            files: dict[str | None, Path] = {None: generated}
        else:
            generated.mkdir(parents=True, exist_ok=True)
            files = {process: generated / f"{process}.h5" for process in processes}
        # Classes of one seed would be made of the same random numbers.
        for number, (process, file) in enumerate(files.items()):
            generate(
                self._model,
                file,
                n=self._recipe.simulate.test,
                of_class=process,
                seed=self._recipe.generate.seed + number,
                overwrite=True,
                progress=self._progress,
            )
        return list(files.values())

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate_jets import evaluate_jets

        report = evaluate_jets(
            self._sample("test"),
            [self._generated],
            self._report,
            floor=self._sample("floor"),
            models=[self._model],
            settings=self._recipe.evaluate,
            progress=self._progress,
        )
        return [report, report.with_name("metrics.json")]
