"""The steps of a chain whose model makes showers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_run import ShowerChainRun, plain
from showerkit.workflow.chain_sections import GeneratorSections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path


class GeneratorRun(ShowerChainRun[GeneratorSections]):
    """Simulate, train, generate, evaluate."""

    def _further_samples(self, test_key: str) -> None:
        self._sample(
            "simulate the test sample again, for the floor",
            self._floor,
            self._floor_key(test_key),
            like=self._test,
            seed=self._recipe.simulate.seed + 2,
        )

    def _floor_key(self, test_key: str) -> str:
        return settings_key("floor", test_key, self._recipe.simulate.seed + 2)

    def _use(self, model_key: str, test_key: str) -> None:
        recipe = self._recipe
        generated_key = settings_key(model_key, test_key, plain(recipe.generate))
        report_key = settings_key(generated_key, self._floor_key(test_key), plain(recipe.evaluate))
        self._step("generate", generated_key, self._do_generate)
        self._step("evaluate", report_key, self._do_evaluate)

    @property
    def _generated(self) -> Path:
        return self._folder / "generated.h5"

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
