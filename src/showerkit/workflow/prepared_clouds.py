"""Samples of point clouds as a training needs them: batches, scaling, condition and population."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from showerkit.data.cloud_batches import CloudBatches, part_of
from showerkit.data.cloud_sample import CloudSample
from showerkit.data.point_scaling import fit_point_scaling
from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError
from showerkit.train.batches_by_epoch import BatchesByEpoch
from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta, load_cloud_checkpoint
from showerkit.train.cloud_network import condition_of, fitted_recipe
from showerkit.train.cloud_population import CloudPopulation
from showerkit.train.cloud_start import starting_weights
from showerkit.train.model_store import resolve_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.cloud_sample import Clouds
    from showerkit.data.point_scaling import PointScaling
    from showerkit.data.splits import Part
    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.models.convae import ConVAE
    from showerkit.train.cloud_condition import CloudCondition
    from showerkit.train.cloud_recipe import CloudRecipe

#: Clouds of a batch that nothing is learnt from.
VALIDATION_BATCH: Final = 512


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


def check_start(recipe: CloudRecipe, sample: CloudSample) -> None:
    """Refuse a model to begin with that does not fit, before anything is written.

    Raises
    ------
    CheckpointError
        If it cannot be read.
    ConfigurationError
        If it is another one than the recipe's.
    """
    if recipe.training.start is not None:
        condition = condition_of(recipe, classes_of(sample, recipe), sample.places)
        start = load_cloud_checkpoint(resolve_model(recipe.training.start))
        starting_weights(start, recipe.model, condition, recipe.data.features)


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
            batch_size=batch_size if trains else max(VALIDATION_BATCH, batch_size),
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


def _split(recipe: CloudRecipe) -> SplitConfig:
    return SplitConfig(validation=recipe.data.validation_fraction)


def _portions(sample: CloudSample, split: SplitConfig, part: Part) -> Iterator[Clouds]:
    """Go through a part, in the order of the files."""
    for start, stop in sample.blocks.tolist():
        clouds = part_of(sample.read(start, stop), split, part)
        if len(clouds):
            yield clouds
