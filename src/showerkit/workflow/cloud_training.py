"""Train a network that makes point clouds, and a flow on its latent space if there is one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import torch

from showerkit.data.cloud_batches import CloudBatches, part_of
from showerkit.data.cloud_sample import CloudSample
from showerkit.data.point_scaling import fit_point_scaling
from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError
from showerkit.models.convae import ConVAE
from showerkit.train.batches_by_epoch import BatchesByEpoch
from showerkit.train.cloud_checkpoint import (
    CloudCheckpoint,
    CloudMeta,
    load_cloud_checkpoint,
    save_cloud_checkpoint,
)
from showerkit.train.cloud_network import build_cloud_network, condition_of, fitted_recipe
from showerkit.train.cloud_population import CloudPopulation
from showerkit.train.cloud_start import starting_weights
from showerkit.train.cloud_training import CloudGeneration, LatentFlowFit
from showerkit.train.fitting import Fit, fit
from showerkit.train.model_store import resolve_model
from showerkit.train.training_state import load_weights, read_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.cloud_sample import Clouds
    from showerkit.data.point_scaling import PointScaling
    from showerkit.data.splits import Part
    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.progress import Progress
    from showerkit.train.callbacks import StatusFile
    from showerkit.train.cloud_condition import CloudCondition
    from showerkit.train.cloud_recipe import CloudRecipe
    from showerkit.train.run_directory import RunDirectory

_VALIDATION_BATCH: Final = 512
#: Clouds by which the flow on a latent space fixes the widths of its numbers.
_STANDARDISED_BY: Final = 50_000


def open_cloud_sample(recipe: CloudRecipe, path: Any) -> CloudSample:
    """Open a sample as a recipe wants it (errors as for `CloudSample`)."""
    data = recipe.data
    return CloudSample(path, data.features, places=data.places, full_only=data.full_only)


def fitted_to_sample(recipe: CloudRecipe, sample: CloudSample) -> CloudRecipe:
    """Write into a recipe what the sample decides (see `fitted_recipe`)."""
    return fitted_recipe(recipe, condition_of(recipe, classes_of(sample, recipe), sample.places))


def classes_of(sample: CloudSample, recipe: CloudRecipe) -> tuple[int, ...]:
    """Find the labels of the training part, in rising order.

    Raises
    ------
    DataError
        If the training part is empty.
    """
    labels: set[int] = set()
    for clouds in _portions(sample, _split(recipe), "train"):
        labels.update(clouds.label.tolist())
    if not labels:
        raise DataError(f"{sample.path}: training part", got="no clouds", expected="at least one")
    return tuple(sorted(labels))


class CloudBatchesByEpoch(BatchesByEpoch["dict[str, Tensor]"]):
    """Batches of clouds, to be gone through once an epoch."""

    def learned_from(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give a batch as it is."""
        return batch


class PreparedClouds:
    """A sample with all that is found out about it before a training: scaling, condition, population.

    Parameters
    ----------
    sample
        The sample.
    recipe
        The recipe, fitted to it.
    scaling
        The scaling of a model that is trained further; None: found from the training part.
    """

    def __init__(self, sample: CloudSample, recipe: CloudRecipe, scaling: PointScaling | None = None) -> None:
        self.sample = sample
        self.recipe = recipe
        self.split = _split(recipe)
        self.condition: CloudCondition = condition_of(recipe, classes_of(sample, recipe), sample.places)
        self.ranges: dict[str, tuple[float, float]] = {}
        self.numbers = dict.fromkeys(("train", "validation"), 0)
        own = fit_point_scaling(recipe.scaling, ((clouds.points, clouds.mask) for clouds in self._counted()))
        self.scaling = own if scaling is None else scaling
        self.population = CloudPopulation.of(
            _portions(sample, self.split, "train"),
            self.condition.classes,
            sample.places,
            self.numbers["train"],
        )

    def _counted(self) -> Iterator[Clouds]:
        """Go through the training part; count both parts and find the ranges on the way."""
        for start, stop in self.sample.blocks.tolist():
            clouds = self.sample.read(start, stop)
            self.numbers["validation"] += len(part_of(clouds, self.split, "validation"))
            clouds = part_of(clouds, self.split, "train")
            self.numbers["train"] += len(clouds)
            if len(clouds) == 0:
                continue
            self._widen("number", clouds.mask.sum(axis=1))
            if clouds.jets is not None:
                self._widen("pt_gev", clouds.jets.pt_gev)
                self._widen("eta", clouds.jets.eta)
            yield clouds

    def _widen(self, name: str, values: NDArray[np.generic]) -> None:
        low, high = float(values.min()), float(values.max())
        before = self.ranges.get(name, (low, high))
        self.ranges[name] = (min(low, before[0]), max(high, before[1]))

    def batches(
        self, part: Part, batch_size: int, epoch: Callable[[], int] = lambda: 0
    ) -> CloudBatchesByEpoch:
        """Give batches of a part; those for training are shuffled."""
        recipe, trains = self.recipe, part == "train"
        batches = CloudBatches(
            partial(open_cloud_sample, recipe, self.sample.path),
            self.numbers[part],
            self.scaling,
            self.condition,
            batch_size=batch_size if trains else max(_VALIDATION_BATCH, batch_size),
            split=self.split,
            part=part,
            seed=recipe.training.seed,
            shuffle=trains,
            buffer_events=recipe.data.shuffle_buffer,
            epoch_events=recipe.training.epoch_jets if trains else None,
        )
        return CloudBatchesByEpoch(batches, epoch)

    def checkpoint(
        self, network: ConVAE | CloudFlow, metrics: dict[str, float], environment: Mapping[str, Any]
    ) -> CloudCheckpoint:
        """Describe a model that was trained on this sample."""
        recipe, sample = self.recipe, self.sample
        meta = CloudMeta(
            name=recipe.name,
            description=recipe.description,
            model=recipe.model,
            content=sample.content,
            features=recipe.data.features,
            scaling=self.scaling,
            condition=self.condition,
            drop_below=recipe.data.drop_below,
            image_shape=sample.image_shape,
            valid_range=self.ranges,
            samples=sample.settings,
            seed=recipe.training.seed,
            data_fingerprint=environment["data_fingerprint"],
            n_train=self.numbers["train"],
            metrics=metrics,
            versions=environment["versions"],
        )
        return CloudCheckpoint(meta, network.state_dict(), self.population)


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
            training.device,
            training.gradient_clip,
            told=told,
            kept=tuple(f"{part}_{name}" for part in ("train", "validation") for name in parts),
            unit=prepared.sample.content,
        ),
        resume=resume,
        progress=progress,
    )
    state = run.best if training.keep == "best" else run.last
    prefix = "network." if training.average is None else "average.averaged."
    network.cpu().load_state_dict(load_weights(state, prefix=prefix))
    return status, _metrics(status, read_epoch(state))


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
            training.device,
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
    found = _metrics(status, read_epoch(folder.best))
    return status, {f"latent_flow_{name}": value for name, value in found.items()}


@torch.no_grad()
def _latent_vectors(network: ConVAE, prepared: PreparedClouds) -> Tensor:
    """Encode some clouds of the training part."""
    found: list[Tensor] = []
    noise = torch.Generator().manual_seed(prepared.recipe.training.seed)
    for batch in prepared.batches("train", _VALIDATION_BATCH):
        condition = batch["condition"] if batch["condition"].shape[1] else None
        found.append(network.latent_vectors(batch["points"], batch["mask"], condition, noise))
        if sum(map(len, found)) >= _STANDARDISED_BY:
            break
    return torch.cat(found)


def _some_points(prepared: PreparedClouds) -> tuple[Tensor, Tensor]:
    """Give some clouds of the training part, not scaled, and where they have points."""
    points: list[Tensor] = []
    masks: list[Tensor] = []
    for batch in prepared.batches("train", _VALIDATION_BATCH):
        masks.append(batch["mask"])
        points.append(prepared.scaling.inverse(batch["points"], batch["mask"]))
        if sum(map(len, masks)) >= _STANDARDISED_BY:
            break
    return torch.cat(points), torch.cat(masks)


def _metrics(status: StatusFile, epoch: int) -> dict[str, float]:
    metrics = {"epochs": float(status.now.epochs_done), "epoch_of_the_model": float(epoch + 1)}
    if status.now.best_loss is not None:
        metrics["best_validation_loss"] = status.now.best_loss
    return metrics


def _split(recipe: CloudRecipe) -> SplitConfig:
    return SplitConfig(validation=recipe.data.validation_fraction)


def _portions(sample: CloudSample, split: SplitConfig, part: Part) -> Iterator[Clouds]:
    """Go through a part, in the order of the files."""
    for start, stop in sample.blocks.tolist():
        clouds = part_of(sample.read(start, stop), split, part)
        if len(clouds):
            yield clouds
