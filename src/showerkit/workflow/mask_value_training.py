"""The training of a mask-and-value generator: a regression, and an adversarial stage if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.workflow.adversarial_stage import regression_to_start_from, train_adversarially
from showerkit.workflow.regression_stage import train_regression
from showerkit.workflow.training_sample import TrainingSample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress
    from showerkit.train.checkpoint import Checkpoint
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile


def train_mask_value(
    recipe: TrainingRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Train a mask-and-value generator in all stages of its recipe.

    Parameters
    ----------
    recipe
        The recipe.
    file
        The showers.
    environment
        What is known of the surroundings and of the showers.
    run
        The run directory, begun.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report.

    Returns
    -------
    tuple
        The model, and the run's status.

    Raises
    ------
    ConfigurationError
        If the model that the adversarial stage is to start from does not fit.
    CheckpointError
        If a state or a model cannot be read.
    DataError
        If the showers are too few.
    """
    sample = TrainingSample(file, recipe, environment)
    begun = regression_to_start_from(recipe, run, sample)
    if begun is None:
        begun, status = train_regression(recipe, sample, run, resume=resume, progress=progress)
    stage = recipe.adversarial
    # Without an adversarial stage there is nothing to start from, so that the regression was trained here.
    if stage is None:
        return begun, status
    return train_adversarially(recipe, stage, begun, sample, run, resume=resume, progress=progress)
