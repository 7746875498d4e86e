"""Train a network that makes point clouds, and a flow on its latent space if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch

from showerkit.errors import DataError
from showerkit.models.convae import ConVAE
from showerkit.train.cloud_checkpoint import (
    CloudCheckpoint,
    load_cloud_checkpoint,
    save_cloud_checkpoint,
)
from showerkit.train.cloud_network import build_cloud_network
from showerkit.train.cloud_start import starting_weights
from showerkit.train.cloud_training import CloudGeneration, LatentFlowFit
from showerkit.train.fitting import Fit, fit
from showerkit.train.model_store import resolve_model
from showerkit.train.training_state import load_network, load_weights, read_epoch
from showerkit.workflow.prepared_clouds import VALIDATION_BATCH, PreparedClouds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from showerkit.data.cloud_sample import CloudSample
    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.progress import Progress
    from showerkit.train.cloud_recipe import CloudRecipe
    from showerkit.train.run_directory import RunDirectory
    from showerkit.train.status_file import StatusFile

#: Clouds by which the flow on a latent space fixes the widths of its numbers.
_STANDARDISED_BY: Final = 50_000


def train_clouds(
    recipe: CloudRecipe,
    sample: CloudSample,
    environment: Mapping[str, Any],
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[CloudCheckpoint, StatusFile]:
    """Train the network of a recipe in all its stages.

    With a flow on the latent space, the autoencoder is kept as ``autoencoder.skm`` (a model of its own, which
    draws its latent vectors from the normal law), and the folder ``latent-flow`` holds the second stage.

    Parameters
    ----------
    recipe
        The recipe, fitted to the sample.
    sample
        The clouds.
    environment
        What is known of the surroundings and of the sample.
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
    CheckpointError
        If a state or the model to begin with cannot be read.
    ConfigurationError
        If the model to begin with is another one.
    DataError
        If the clouds are too few.
    """
    named = recipe.training.start
    start = None if named is None else load_cloud_checkpoint(resolve_model(named))
    prepared = PreparedClouds(sample, recipe, None if start is None else start.meta.scaling)
    network = build_cloud_network(
        recipe.model, objective=recipe.objective, scaling=prepared.scaling, seed=recipe.training.seed
    )
    if start is not None:
        network.load_state_dict(
            starting_weights(start, recipe.model, prepared.condition, recipe.data.features)
        )
    elif not isinstance(network, ConVAE) and network.shape is not None:
        network.shape.standardise(*_some_points(prepared))
    if recipe.latent_flow is None or not isinstance(network, ConVAE):
        status, metrics = _train_network(network, prepared, run, resume=resume, progress=progress)
        return prepared.checkpoint(network, metrics, environment), status
    begun = run.path / "autoencoder.skm"
    if resume and begun.is_file():
        kept = load_cloud_checkpoint(begun)
        network.load_state_dict(kept.network)
        metrics = dict(kept.meta.metrics)
    else:
        _, metrics = _train_network(network, prepared, run, resume=resume, progress=progress)
        save_cloud_checkpoint(begun, prepared.checkpoint(network, metrics, environment))
    status, more = _train_latent_flow(network, prepared, run, resume=resume, progress=progress)
    return prepared.checkpoint(network, {**metrics, **more}, environment), status


def _train_network(
    network: ConVAE | CloudFlow,
    prepared: PreparedClouds,
    run: RunDirectory,
    *,
    resume: bool,
    progress: Progress,
) -> tuple[StatusFile, dict[str, float]]:
    """Train a network by its own objective; it then has the weights that are kept."""
    recipe = prepared.recipe
    training = recipe.training
    module = CloudGeneration(network, training)
    parts = ["loss"]
    if isinstance(network, ConVAE):
        parts += ["reconstruction", "kl"]
        if getattr(recipe.objective, "jet", None) is not None:
            parts += ["jet_pt", "jet_mass"]
    elif network.shape is not None:
        parts += ["shape"]
    told = (*(f"train_{name}" for name in parts), "validation_loss")
    status = fit(
        module,
        prepared.batches("train", training.batch_size, lambda: module.current_epoch),
        prepared.batches("validation", training.batch_size),
        run,
        Fit(
            recipe.name,
            training.epochs,
            training.seed,
            training,
            training.gradient_clip,
            told=told,
            kept=tuple(f"{part}_{name}" for part in ("train", "validation") for name in parts),
            unit=prepared.sample.content,
        ),
        resume=resume,
        progress=progress,
    )
    state = run.best if training.keep == "best" else run.last
    network.cpu().load_state_dict(load_network(state, average=training.average))
    return status, status.figures(read_epoch(state) + 1)


def _train_latent_flow(
    network: ConVAE, prepared: PreparedClouds, run: RunDirectory, *, resume: bool, progress: Progress
) -> tuple[StatusFile, dict[str, float]]:
    """Train the flow on the latent space; the network then has the best flow."""
    recipe = prepared.recipe
    training, latent = recipe.training, recipe.latent_flow
    if latent is None or network.flow is None:
        raise DataError("latent_flow", got="none", expected="a section of the recipe")
    folder = run.stage("latent-flow")
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    module = LatentFlowFit(network, training, latent)
    if not (resume and folder.last.is_file()):
        network.flow.standardise(_latent_vectors(network, prepared))
    status = fit(
        module,
        prepared.batches("train", latent.batch_size, lambda: module.current_epoch),
        prepared.batches("validation", latent.batch_size),
        folder,
        Fit(
            recipe.name,
            latent.epochs,
            training.seed,
            training,
            latent.gradient_clip,
            stage="latent-flow",
            told=("train_loss", "validation_loss"),
            kept=("train_loss", "validation_loss"),
            unit=prepared.sample.content,
        ),
        resume=resume,
        progress=progress,
    )
    network.cpu().load_state_dict(load_weights(folder.best))
    found = status.figures(read_epoch(folder.best) + 1)
    return status, {f"latent_flow_{name}": value for name, value in found.items()}


@torch.no_grad()
def _latent_vectors(network: ConVAE, prepared: PreparedClouds) -> Tensor:
    """Encode some clouds of the training part."""
    found: list[Tensor] = []
    noise = torch.Generator().manual_seed(prepared.recipe.training.seed)
    for batch in prepared.batches("train", VALIDATION_BATCH):
        condition = batch["condition"] if batch["condition"].shape[1] else None
        found.append(network.latent_vectors(batch["points"], batch["mask"], condition, noise))
        if sum(map(len, found)) >= _STANDARDISED_BY:
            break
    return torch.cat(found)


def _some_points(prepared: PreparedClouds) -> tuple[Tensor, Tensor]:
    """Give some clouds of the training part, not scaled, and where they have points."""
    points: list[Tensor] = []
    masks: list[Tensor] = []
    for batch in prepared.batches("train", VALIDATION_BATCH):
        masks.append(batch["mask"])
        points.append(prepared.scaling.inverse(batch["points"], batch["mask"]))
        if sum(map(len, masks)) >= _STANDARDISED_BY:
            break
    return torch.cat(points), torch.cat(masks)
