"""Fit a calibration of jets without a network, and calibrate its errors."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.splits import SplitConfig
from showerkit.models.jet_baseline_config import NumericalInversionConfig
from showerkit.reconstruct.jet_boosted_trees import fit_jet_boosted_trees
from showerkit.reconstruct.jet_measurement import JetBaselineMeasurement
from showerkit.reconstruct.numerical_inversion import NumericalInversion, fit_numerical_inversion
from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint
from showerkit.train.run_directory import RunStatus
from showerkit.train.status_file import StatusFile
from showerkit.workflow.calibration_sample import CalibrationSample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.progress import Progress
    from showerkit.reconstruct.jet_boosted_trees import JetBoostedTrees
    from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
    from showerkit.train.run_directory import RunDirectory


def fit_jet_baseline(
    recipe: JetBaselineRecipe,
    file: CalibrationJetFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    progress: Progress,
) -> tuple[JetEnergyCheckpoint, StatusFile]:
    """Fit the calibration of a recipe.

    Parameters
    ----------
    recipe
        The recipe.
    file
        The jets.
    environment
        What is known of the surroundings and of the sample.
    run
        The run directory.
    progress
        Where to report.

    Returns
    -------
    tuple
        The model, and the run's status.

    Raises
    ------
    DataError
        If the jets are too few.
    MissingDependencyError
        If trees are to be grown without scikit-learn.
    """
    run.write_status(RunStatus(state="running", epochs=1))
    split = SplitConfig(validation=0.0, calibration=recipe.data.calibration_fraction)
    sample = CalibrationSample(file, split, environment, recipe.data.pt_range_gev)
    progress.note(f"fitting {recipe.name} to {sample.n_train} jets")
    baseline = _fitted(recipe, sample)
    run.write_status(RunStatus(state="running", epochs=1, epochs_done=1))
    by_heart = not isinstance(recipe.model, NumericalInversionConfig)
    meta = sample.describe(recipe, JetBaselineMeasurement(baseline), {}, by_heart=by_heart)
    weights = {f"baseline.{name}": tensor for name, tensor in baseline.to_tensors().items()}
    return JetEnergyCheckpoint(meta, weights), StatusFile(run, 1, "", "regression")


def _fitted(recipe: JetBaselineRecipe, sample: CalibrationSample) -> NumericalInversion | JetBoostedTrees:
    if not isinstance(recipe.model, NumericalInversionConfig):
        return fit_jet_boosted_trees(recipe.model, _counted(recipe, sample))
    columns = [
        np.stack([jets.pt_gev, jets.eta, jets.true_pt_gev, jets.weight, jets.rho_gev]).astype(np.float64)
        for jets in _counted(recipe, sample)
    ]
    pt, eta, true, weight, rho = np.concatenate(columns, axis=1)
    return fit_numerical_inversion(recipe.model, pt, eta, true, weight, rho)


def _counted(recipe: JetBaselineRecipe, sample: CalibrationSample) -> Iterator[CalibrationJets]:
    """The jets of the training part, with the weights that they count by."""
    for jets in sample.jets("train"):
        yield jets if recipe.data.weighted else dataclasses.replace(jets, weight=np.ones(len(jets)))
