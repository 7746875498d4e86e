"""Stage 2 of a training: from a regression to a generator trained against a discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.condition_transform import ConditionTransform
from showerkit.errors import ConfigurationError, TrainingDivergedError
from showerkit.generate.showers import ShowerGenerator
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.discriminator import build_discriminator
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.train.adversarial import LOSSES, AdversarialTraining, with_noise_strength, with_random_inputs
from showerkit.train.adversarial_config import KeepLast, KeepNearest
from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from showerkit.train.divergence import StopAtDivergence
from showerkit.train.fitting import Fit, fit
from showerkit.train.model_distance import DISTANCE, MeasureDistance
from showerkit.train.model_store import resolve_model
from showerkit.train.status_file import StatusFile
from showerkit.train.training_state import load_network, read_epoch
from showerkit.workflow.total_energy import total_energy_flow, total_energy_quantiles
from showerkit.workflow.validation_distance import distance_of_epochs

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.progress import Progress
    from showerkit.train.adversarial_config import AdversarialStage
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.workflow.training_sample import TrainingSample


def regression_to_start_from(
    recipe: TrainingRecipe, run: RunDirectory, sample: TrainingSample
) -> Checkpoint | None:
    """Give the regression that an adversarial stage starts from, if it need not be trained (any more).

    Raises
    ------
    CheckpointError
        If the model that the recipe names is not there or damaged.
    ConfigurationError
        If that model is not one of this recipe's kind.
    """
    stage = recipe.adversarial
    if stage is None:
        return None
    if stage.start is None:
        return load_checkpoint(run.regression) if run.regression.is_file() else None
    begun = load_checkpoint(resolve_model(stage.start))
    meta, data = begun.meta, recipe.data
    model, loss = meta.settings(MaskValueConfig, MaskValueLossConfig)
    condition = ConditionTransform.from_dict(meta.condition_transform)
    cell_energy = CellEnergyTransform.from_dict(meta.energy_transform)
    # Dropout has no weights: it may differ.
    same_dropout = recipe.model.model_copy(update={"dropout": model.dropout})
    for what, got, expected in (
        ("detector", meta.detector.name, sample.file.detector.name),
        ("section 'model'", model, same_dropout),
        ("loss.value_cells", loss.value_cells, recipe.loss.value_cells),
        ("data.normalisation", condition.normalisation, data.normalisation),
        ("data.cell_energy", cell_energy.kind, data.cell_energy),
        ("data.threshold_mev", meta.threshold_mev, data.threshold_mev),
    ):
        if got != expected:
            raise ConfigurationError(
                f"model '{stage.start}' to start from: {what}",
                got=got,
                expected=f"{expected}, as in recipe '{recipe.name}'",
                mend="start from another model, or train the regression with this recipe",
            )
    sample.use_transforms(condition, cell_energy)
    return begun


def train_adversarially(
    recipe: TrainingRecipe,
    stage: AdversarialStage,
    begun: Checkpoint,
    sample: TrainingSample,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Train a generator against a discriminator, from a regression on.

    A training that runs away ends early, and says so; its last good state becomes the model.

    Parameters
    ----------
    recipe, stage
        The recipe, and its section ``adversarial``.
    begun
        The regression.
    sample
        The showers.
    run
        The run directory of the whole training.
    resume
        Go on from the last state, if there is one.
    progress
        Where to report.

    Returns
    -------
    tuple
        The model, and the run's status.
    """
    if stage.start is None and not run.regression.is_file():
        save_checkpoint(run.regression, begun)
    folder = run.adversarial_stage()
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    seed = recipe.training.seed
    flow = total_energy_flow(recipe, sample, progress)
    network = with_random_inputs(recipe.model, begun.network_weights, stage.noise_inputs, seed=seed)
    # Seeds of the two networks differ, or the first layers would be drawn alike.
    discriminator = build_discriminator(stage.discriminator, recipe.model.n_inputs, seed=seed + 1)
    empty = sample.transforms.cell_energy.empty_value()
    module = AdversarialTraining(network, discriminator, recipe.loss, stage, empty_value=empty)
    validation = sample.batches("validation", stage.batch_size)
    settings = _fit_settings(recipe, stage)
    callbacks: list[StopAtDivergence | MeasureDistance] = [StopAtDivergence(recipe.name, stage.runaway_loss)]
    meta = sample.describe(network.config, {})
    callbacks += distance_of_epochs(
        stage.keep,
        sample.file,
        sample.split,
        meta,
        lambda network: ShowerGenerator(network, meta, flow=flow),
        seed=seed,
    )
    try:
        status = fit(
            module,
            sample.batches(
                "train",
                stage.batch_size,
                lambda: module.current_epoch,
                epoch_showers=stage.epoch_showers,
            ),
            validation,
            folder,
            settings,
            resume=resume,
            progress=progress,
            callbacks=callbacks,
        )
    except TrainingDivergedError as diverged:
        status = StatusFile(folder, settings.epochs, settings.monitor, settings.stage)
        progress.note(f"{diverged}; the last good state becomes the model")
    weights, epoch = _chosen(stage, folder, begun, network.state_dict())
    network.load_state_dict(weights)
    total = total_energy_quantiles(recipe, network, validation, progress)
    metrics = status.figures(epoch)
    if status.now.diverged is not None:
        metrics["diverged"] = 1.0
    model = Checkpoint(sample.describe(network.config, metrics, total=total), weights)
    return model if flow is None else model.with_flow(flow), status


def _fit_settings(recipe: TrainingRecipe, stage: AdversarialStage) -> Fit:
    by_distance = isinstance(stage.keep, KeepNearest)
    figures = [f"{part}_{name}" for part in ("train", "validation") for name in LOSSES]
    return Fit(
        recipe.name,
        stage.epochs,
        recipe.training.seed,
        recipe.training,
        stage="adversarial",
        monitor=DISTANCE if by_distance else "validation_loss",
        networks=("generator", "discriminator"),
        told=(*(f"train_{name}" for name in LOSSES), DISTANCE if by_distance else "validation_loss"),
        kept=(*figures, "validation_loss", *([DISTANCE] if by_distance else [])),
    )


def _chosen(
    stage: AdversarialStage, folder: RunDirectory, begun: Checkpoint, present: dict[str, Tensor]
) -> tuple[dict[str, Tensor], int]:
    """Take the weights that become the model, for standard normal random inputs, and their epoch from 1."""
    state = folder.last if isinstance(stage.keep, KeepLast) else folder.best
    if not state.is_file():  # the first epoch ran away: what the stage began with is the last good state
        nothing = {name: torch.zeros_like(tensor) for name, tensor in present.items()}
        return {**nothing, **begun.network_weights}, 0
    epoch = read_epoch(state)
    weights = load_network(state, average=stage.average)
    return with_noise_strength(weights, stage.noise.at(epoch, stage.epochs)), epoch + 1
