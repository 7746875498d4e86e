"""The steps of a chain whose model calibrates the energy of jets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from showerkit.simulate.jets.smearing import DETECTORS
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.workflow.chain_run import ChainRun, plain
from showerkit.workflow.chain_sections import JetEnergySections
from showerkit.workflow.steps import settings_key

if TYPE_CHECKING:
    from pathlib import Path

#: Name of the calibration that the model is compared with, and of its folder.
_BASELINE: Final = "baseline"
#: What an evaluation calls the jets as the detector saw them.
_UNCALIBRATED: Final = "uncalibrated"


class JetEnergyRun(ChainRun[JetEnergySections]):
    """Simulate two samples, train, fit a baseline beside, calibrate the test sample by both, evaluate."""

    def run(self) -> None:
        """Do every step that is not finished."""
        recipe, section = self._recipe, self._recipe.simulate
        self._write_recipe()
        config = plain(section.jet_config())
        if section.detector is not None:
            config["smearing"] = plain(DETECTORS[section.detector])
        train_key = settings_key("train", config, section.seed, section.train)
        test_key = settings_key("test", config, section.seed + 1, section.test)
        self._jets("simulate the training sample", self._train, train_key, section.train, section.seed)
        self._jets("simulate the test sample", self._test, test_key, section.test, section.seed + 1)
        model_key = settings_key(train_key, plain(recipe.training_recipe()))
        self._step("train", model_key, self._do_train)
        calibrated_key = settings_key("reconstruct", model_key, test_key)
        self._step("reconstruct", calibrated_key, lambda _: self._calibrated(self._model, self._jets_file))
        baseline = self._baseline_recipe()
        keys = [calibrated_key]
        if baseline is not None:
            keys.append(settings_key(train_key, test_key, plain(baseline)))
            self._step(_BASELINE, keys[-1], lambda _: self._do_baseline(baseline), what="fit the baseline")
        self._step("evaluate", settings_key(*keys, plain(recipe.evaluate)), self._do_evaluate)

    @property
    def _jets_file(self) -> Path:
        return self._folder / "jets.h5"

    @property
    def _baseline_file(self) -> Path:
        return self._folder / f"{_BASELINE}.h5"

    def _baseline_recipe(self) -> JetBaselineRecipe | None:
        """The baseline, which learns from the same jets as the model."""
        recipe, training = self._recipe, self._recipe.training_recipe()
        if recipe.baseline is None:
            return None
        return JetBaselineRecipe(
            name=recipe.baseline.kind,
            model=recipe.baseline,
            data={
                "calibration_fraction": training.data.calibration_fraction,
                "pt_range_gev": training.data.pt_range_gev,
                "weighted": training.data.weighted,
            },
            intervals=training.intervals,
        )

    def _jets(self, what: str, path: Path, key: str, n: int, seed: int) -> None:
        from showerkit.workflow.simulate_calibration_jets import simulate_calibration_jets

        def do(goes_on: bool) -> None:
            simulate_calibration_jets(
                self._recipe.simulate.jet_config(),
                path,
                n=n,
                seed=seed,
                workers=self._workers,
                resume=goes_on,
                overwrite=True,
                progress=self._progress,
            )

        self._sample_step(what, path, key, do)

    def _calibrated(self, model: Path, output: Path) -> list[Path]:
        from showerkit.workflow.reconstruct import reconstruct

        return [reconstruct(model, self._test, output, overwrite=True, progress=self._progress)]

    def _do_baseline(self, recipe: JetBaselineRecipe) -> list[Path]:
        from showerkit.workflow.train import train

        folder = self._folder / _BASELINE
        if folder.exists():
            shutil.rmtree(folder)
        model = train(recipe, self._train, folder, progress=self._progress)
        return [model, *self._calibrated(folder, self._baseline_file)]

    def _do_evaluate(self, goes_on: bool) -> list[Path]:
        from showerkit.workflow.evaluate_jet_energies import evaluate_jet_energies

        candidates, baseline = [self._jets_file], _UNCALIBRATED
        if self._recipe.baseline is not None:
            candidates, baseline = [self._jets_file, self._baseline_file], str(self._baseline_file)
        # Both models tell the coverage that their intervals are meant to have.
        settings: dict[str, Any] = self._recipe.evaluate.model_dump(exclude={"interval_coverage"})
        report = evaluate_jet_energies(
            self._test, candidates, self._report, baseline=baseline, **settings, progress=self._progress
        )
        return [report, report.with_name("metrics.json")]
