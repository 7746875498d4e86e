"""The steps of a chain whose model measures energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_run import ShowerChainRun, plain
from showerkit.workflow.chain_sections import EnergySections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path


class EnergyRun(ShowerChainRun[EnergySections]):
    """Simulate, train, reconstruct, evaluate."""

    def _use(self, model_key: str, test_key: str) -> None:
        energies_key = settings_key("reconstruct", model_key, test_key)
        self._step("reconstruct", energies_key, self._do_reconstruct)
        self._step("evaluate", settings_key(energies_key, plain(self._recipe.evaluate)), self._do_evaluate)

    @property
    def _energies(self) -> Path:
        return self._folder / "energies.h5"

    def _do_reconstruct(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.reconstruct import reconstruct

        reconstruct(self._model, self._test, self._energies, overwrite=True, progress=self._progress)
        return [self._energies]

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate_energies import evaluate_energies

        report = evaluate_energies(
            self._test,
            [self._energies],
            self._report,
            **self._recipe.evaluate.model_dump(),
            progress=self._progress,
        )
        return [report, report.with_name("metrics.json")]
