"""Train a flow of showers: energies of layers, laws of single cells, then the flow of the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from showerkit.errors import ConfigurationError
from showerkit.generate.shower_flow_showers import ShowerFlowGenerator
from showerkit.models.energy_scales import QuantileScale
from showerkit.train.adversarial_config import KeepNearest
from showerkit.train.cell_marginal_training import train_cell_marginals
from showerkit.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from showerkit.train.fitting import Fit, fit
from showerkit.train.layer_energy_training import ShowerLayers, train_layer_energies
from showerkit.train.model_distance import DISTANCE
from showerkit.train.shower_flow_training import ShowerFlowFit
from showerkit.train.shower_shape_training import train_shower_shape
from showerkit.train.training_state import load_network, read_epoch
from showerkit.workflow.flow_distillation import distil_flow
from showerkit.workflow.flow_sample import FlowSample, model_to_start_from
from showerkit.workflow.validation_distance import distance_of_epochs
from showerkit.workflow.window_sample import VALIDATION_BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.models.shower_flow_config import ShowerFlowConfig
    from showerkit.progress import Progress
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
    from showerkit.train.status_file import StatusFile
    from showerkit.train.window_batches import WindowBatches


def train_shower_flow(
    recipe: ShowerFlowRecipe,
    file: ShowerFile,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[Checkpoint, StatusFile]:
    """Train what a recipe describes.

    What comes before the flow of the cells is kept in the run directory as ``regression.skm``, so that a
    training that goes on need not do it again.

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
        If showers hold more than the incident energy and the recipe says that they do not.
    """
    sample = FlowSample(recipe, file, environment)
    progress.note(sample.outside)
    stage = recipe.distillation
    if stage is None:
        return _train_whole_flow(sample, run, resume=resume, progress=progress)
    flow = run.path / "flow.skm"
    if stage.start is not None:
        teacher = model_to_start_from(stage.start, sample, sizes_matter=False)
    elif resume and flow.is_file():
        teacher = load_checkpoint(flow)
    else:
        teacher, _ = _train_whole_flow(sample, run, resume=resume, progress=progress)
        save_checkpoint(flow, teacher)
    begun = _student(sample, teacher, run, resume=resume, progress=progress)
    return distil_flow(sample, stage, teacher, begun, run, resume=resume, progress=progress)


def _student(
    sample: FlowSample, teacher: Checkpoint, run: RunDirectory, *, resume: bool, progress: Progress
) -> Checkpoint:
    """Give what comes before a student's cells: the flow's own, or, if it is smaller, trained anew."""
    model: Any = teacher.meta.model
    wanted = sample.recipe.model
    free = {"solver": model.solver, "energies": model.energies, "jumps": model.jumps}
    if wanted.model_copy(update=free) == model:
        return teacher
    own = run.path / "student.skm"
    if resume and own.is_file():
        return load_checkpoint(own)
    begun = _train_before_the_flow(sample, progress, energies=teacher)
    save_checkpoint(own, begun)
    return begun


def _train_whole_flow(
    sample: FlowSample, run: RunDirectory, *, resume: bool, progress: Progress
) -> tuple[Checkpoint, StatusFile]:
    """Train energies, laws of cells and the flow of what joins them, or go on with a trained one."""
    start = sample.recipe.training.start
    if start is not None:
        begun = model_to_start_from(start, sample)
    elif resume and run.regression.is_file():
        begun = load_checkpoint(run.regression)
    else:
        begun = _train_before_the_flow(sample, progress)
        save_checkpoint(run.regression, begun)
    return _train_flow(sample, begun, run, resume=resume, progress=progress)


def _train_before_the_flow(
    sample: FlowSample, progress: Progress, *, energies: Checkpoint | None = None
) -> Checkpoint:
    """Train energies of layers, or take those of another model (and its shapes); laws of cells."""
    recipe = sample.recipe
    threshold_mev, seed = recipe.data.threshold_mev, recipe.training.seed
    splines = None
    if energies is None:
        train, validation = (
            ShowerLayers.collect(sample.batches(part, VALIDATION_BATCH), threshold_mev)
            for part in ("train", "validation")
        )
        model = _with_variable(recipe.model, beyond=train.beyond_incident or validation.beyond_incident)
        network = sample.network(model)
        progress.note("energies of layers")
        train_layer_energies(network.energies, train, validation, seed=seed)
    else:
        known: Any = energies.meta.model
        model = recipe.model.model_copy(update={"energies": known.energies})
        network = sample.network(model)
        network.energies.load_state_dict(_part(energies, "energies."))
        if model.shape is not None and known.shape == model.shape.model_copy(update={"network": None}):
            splines = _part(energies, "shower_shape.")
    if network.shower_shape is not None:
        shapes = sample.batches("train", VALIDATION_BATCH)
        train_shower_shape(network, shapes, seed=seed, progress=progress, splines=splines)
    scale = network.marginals.scale
    if isinstance(scale, QuantileScale):
        batches_once = sample.batches("train", VALIDATION_BATCH)
        scale.fit((batch["decades"], batch["hit"]) for batch in batches_once)
    network.start_at(sample.fitted.hit_share, sample.fitted.mean_log_hit)
    settings = recipe.training.marginals

    def batches(epoch: int) -> WindowBatches:
        return sample.batches("train", settings.batch_size, lambda: epoch)

    loss = train_cell_marginals(network, batches, settings, seed=seed, progress=progress)
    return Checkpoint(sample.describe(model, {"marginals_loss": loss}), dict(network.state_dict()))


def _part(model: Checkpoint, name: str) -> dict[str, torch.Tensor]:
    """Give the weights of a part of a model, by their names in the part."""
    return {key.removeprefix(name): one for key, one in model.weights.items() if key.startswith(name)}


def _with_variable(model: ShowerFlowConfig, *, beyond: bool) -> ShowerFlowConfig:
    """Settle what the density of the total energy is of."""
    asked = model.energies.variable
    if asked == "logit" and beyond:
        raise ConfigurationError(
            "model.energies.variable",
            got="'logit', and showers that hold more than the incident energy",
            mend="set it to 'log' or 'auto'",
        )
    variable = ("log" if beyond else "logit") if asked == "auto" else asked
    return model.model_copy(update={"energies": model.energies.model_copy(update={"variable": variable})})


def _train_flow(
    sample: FlowSample, begun: Checkpoint, run: RunDirectory, *, resume: bool, progress: Progress
) -> tuple[Checkpoint, StatusFile]:
    """Train the flow of the cells."""
    recipe, training = sample.recipe, sample.recipe.training
    model: Any = begun.meta.model
    network = sample.network(model)
    network.load_state_dict(begun.weights)
    hit_share = torch.from_numpy(sample.fitted.hit_share)
    module = ShowerFlowFit(network, recipe.loss, training, hit_share)
    keep = training.keep
    monitor = DISTANCE if isinstance(keep, KeepNearest) else "validation_loss"
    figures = ("train_loss", *dict.fromkeys(("validation_loss", monitor)))
    settings = Fit(
        recipe.name,
        training.epochs,
        training.seed,
        training,
        training.gradient_clip,
        monitor=monitor,
        told=figures,
        kept=figures,
    )
    meta = sample.describe(model, {})
    status = fit(
        module,
        sample.batches(
            "train",
            training.batch_size,
            lambda: module.current_epoch,
            epoch_showers=training.epoch_showers,
        ),
        sample.batches("validation", training.batch_size),
        run,
        settings,
        resume=resume,
        progress=progress,
        callbacks=distance_of_epochs(
            keep,
            sample.file,
            sample.split,
            meta,
            lambda network: ShowerFlowGenerator(network, meta),
            seed=training.seed,
        ),
    )
    state = run.best if isinstance(keep, KeepNearest) else run.last
    weights = load_network(state, average=training.average)
    metrics = status.figures(read_epoch(state) + 1)
    return Checkpoint(sample.describe(model, dict(begun.meta.metrics) | metrics), weights), status
