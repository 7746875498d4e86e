"""The steps of a chain whose model makes jets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_run import ChainRun, plain
from showerkit.workflow.chain_sections import JetSections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path


class JetRun(ChainRun[JetSections]):
    """Simulate three samples, train, generate, evaluate."""

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe, section = self._recipe, self._recipe.simulate
        self._write_recipe()
        process = plain(section.process_config())
        keys: dict[str, str] = {}
        for which, (what, path, n) in enumerate(
            (
                ("simulate the training sample", self._train, section.train),
                ("simulate the test sample", self._test, section.test),
                ("simulate another test sample, for the floor", self._floor, section.test),
            )
        ):
            keys[path.stem] = settings_key(path.stem, process, section.seed + which, n)
            self._jets(what, path, keys[path.stem], n=n, seed=section.seed + which)
        model_key = settings_key(keys["train"], plain(recipe.training_recipe()))
        self._step("train", model_key, self._do_train)
        generated_key = settings_key(model_key, keys["test"], plain(recipe.generate))
        self._step("generate", generated_key, self._do_generate)
        report_key = settings_key(generated_key, keys["floor"], plain(recipe.evaluate))
        self._step("evaluate", report_key, self._do_evaluate)

    @property
    def _generated(self) -> Path:
        return self._folder / "generated.h5"

    def _jets(self, what: str, path: Path, key: str, *, n: int, seed: int) -> None:
        from showerkit.workflow.simulate_jets import simulate_jets

        def do(goes_on: bool) -> None:
            simulate_jets(
                self._recipe.simulate.process_config(),
                path,
                n=n,
                seed=seed,
                workers=self._workers,
                resume=goes_on,
                overwrite=True,
                progress=self._progress,
            )

        self._sample_step(what, path, key, do)

    def _do_generate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.generate import generate

        # As many as the test sample has, but of the training's population: what is judged is all drawn.
        generate(
            self._model,
            self._generated,
            n=self._recipe.simulate.test,
            seed=self._recipe.generate.seed,
            overwrite=True,
            progress=self._progress,
        )
        return [self._generated]

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate_jets import evaluate_jets

        report = evaluate_jets(
            self._test,
            [self._generated],
            self._report,
            floor=self._floor,
            settings=self._recipe.evaluate,
            progress=self._progress,
        )
        return [report, report.with_name("metrics.json")]
