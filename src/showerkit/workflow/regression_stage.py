"""Stage 1 of a training: the regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.models.registry import build_model
from showerkit.train.checkpoint import Checkpoint
from showerkit.train.fitting import Fit, fit
from showerkit.train.measured_spread import measure_value_spread
from showerkit.train.regression import MaskValueRegression
from showerkit.train.training_state import load_weights
from showerkit.workflow.total_energy import total_energy_flow, total_energy_quantiles

if TYPE_CHECKING:
    from showerkit.progress import Progress
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile
    from showerkit.workflow.training_sample import TrainingSample


def train_regression(
    recipe: TrainingRecipe, sample: TrainingSample, run: RunDirectory, *, resume: bool, progress: Progress
) -> tuple[Checkpoint, StatusFile]:
    """Train a mask-and-value network by regression.

    Parameters
    ----------
    recipe
        The recipe.
    sample
        The showers.
    run
        The run directory.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report.

    Returns
    -------
    tuple
        The model, and the run's status.
    """
    training = recipe.training
    flow = total_energy_flow(recipe, sample, progress)
    network = build_model(recipe.model, seed=training.seed)
    module = MaskValueRegression(network, recipe.loss, training)
    validation = sample.batches("validation", training.batch_size)
    status = fit(
        module,
        sample.batches(
            "train",
            training.batch_size,
            lambda: module.current_epoch,
            epoch_showers=training.epoch_showers,
        ),
        validation,
        run,
        Fit.regression(recipe),
        resume=resume,
        progress=progress,
    )
    weights = load_weights(run.best if training.keep == "best" else run.last)
    network.load_state_dict(weights)
    spread = None
    if training.value_spread:
        progress.note("learning how cell energies scatter about their expectation")
        spread = measure_value_spread(network, validation, recipe.loss)
    total = total_energy_quantiles(recipe, network, validation, progress)
    metrics = {"epochs": float(status.now.epochs_done)}
    if status.now.best_loss is not None:
        metrics["best_validation_loss"] = status.now.best_loss
    model = Checkpoint(sample.describe(recipe.model, metrics, spread, total), weights)
    return model if flow is None else model.with_flow(flow), status
