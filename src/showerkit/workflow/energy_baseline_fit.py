"""Fit a baseline of energy measurement, and calibrate its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.splits import SplitConfig
from showerkit.reconstruct.baselines import fit_baseline
from showerkit.reconstruct.energy_measurement import BaselineMeasurement
from showerkit.train.energy_checkpoint import EnergyCheckpoint
from showerkit.train.run_directory import RunStatus
from showerkit.train.status_file import StatusFile
from showerkit.workflow.energy_sample import EnergySample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress
    from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
    from showerkit.train.run_directory import RunDirectory


def fit_energy_baseline(
    recipe: EnergyBaselineRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    progress: Progress,
) -> tuple[EnergyCheckpoint, StatusFile]:
    """Fit the baseline of a recipe.

    Parameters
    ----------
    recipe
        The recipe.
    file
        The showers.
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
        If the showers are too few, or lack a quantity.
    MissingDependencyError
        If trees are to be grown without scikit-learn.
    """
    run.write_status(RunStatus(state="running", epochs=1))
    sample = EnergySample(
        file, SplitConfig(validation=0.0, calibration=recipe.data.calibration_fraction), environment
    )
    progress.note(f"fitting {recipe.name} to {sample.n_train} showers")
    baseline = fit_baseline(recipe.model, sample.showers("train"), file.detector.shape)
    run.write_status(RunStatus(state="running", epochs=1, epochs_done=1))
    meta = sample.describe(recipe, BaselineMeasurement(baseline), {}, baseline=baseline.to_dict())
    return EnergyCheckpoint(meta), StatusFile(run, 1, "", "regression")
