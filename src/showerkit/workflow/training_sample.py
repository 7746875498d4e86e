"""A sample of showers as a training sees it: divided, transformed, in batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from showerkit.data.datasets import ShowerBatches, fit_transforms
from showerkit.data.splits import SplitConfig
from showerkit.train.checkpoint import CheckpointMeta
from showerkit.train.target_batches import TargetBatches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from showerkit.data.cell_energy_transform import CellEnergyTransform
    from showerkit.data.condition_transform import ConditionTransform
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part
    from showerkit.models.mask_value_config import MaskValueConfig
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.value_spread import ValueSpread

_VALIDATION_BATCH = 256


class TrainingSample:
    """The training and validation parts of a sample, with transforms fitted to the former.

    Parameters
    ----------
    file
        The sample.
    recipe
        The recipe, whose section ``data`` decides all of this.
    environment
        What is known of the surroundings and of the sample.
    """

    def __init__(self, file: ShowerFile, recipe: TrainingRecipe, environment: Mapping[str, Any]) -> None:
        self.file = file
        self.recipe = recipe
        self.environment = environment
        settings = recipe.data
        self.split = SplitConfig(validation=settings.validation_fraction)
        self.transforms = fit_transforms(
            file.path,
            self.split,
            inputs=recipe.model.inputs,
            normalisation=settings.normalisation,
            cell_energy=settings.cell_energy,
            threshold_mev=settings.threshold_mev,
        )

    def use_transforms(self, condition: ConditionTransform, cell_energy: CellEnergyTransform) -> None:
        """Take the transforms of a model that the training goes on with, instead of the fitted ones."""
        self.transforms = replace(self.transforms, condition=condition, cell_energy=cell_energy)

    def batches(
        self,
        part: Part,
        batch_size: int,
        epoch: Callable[[], int] = lambda: 0,
        *,
        epoch_showers: int | None = None,
    ) -> TargetBatches:
        """Give batches of a part; those for training are shuffled."""
        settings = self.recipe.data
        showers = ShowerBatches(
            self.file.path,
            self.transforms.condition,
            batch_size=batch_size if part == "train" else max(_VALIDATION_BATCH, batch_size),
            split=self.split,
            part=part,
            seed=self.recipe.training.seed,
            shuffle=part == "train",
            buffer_events=settings.shuffle_buffer,
            epoch_events=epoch_showers,
        )
        return TargetBatches(showers, self.transforms.cell_energy, settings.threshold_mev, epoch)

    def describe(
        self,
        model: MaskValueConfig,
        metrics: dict[str, float],
        spread: ValueSpread | None = None,
        total: ValueSpread | None = None,
    ) -> CheckpointMeta:
        """Describe a model that was trained on this sample."""
        recipe, transforms = self.recipe, self.transforms
        primaries = self.file.metadata.settings.get("primaries")
        return CheckpointMeta(
            name=recipe.name,
            description=recipe.description,
            model=model,
            loss=recipe.loss,
            condition_transform=transforms.condition.to_dict(),
            energy_transform=transforms.cell_energy.to_dict(),
            detector=self.file.detector,
            threshold_mev=recipe.data.threshold_mev,
            value_spread=spread,
            total_energy=total,
            primaries=primaries if isinstance(primaries, dict) else None,
            valid_range=transforms.ranges,
            particles=transforms.particles,
            seed=recipe.training.seed,
            data_fingerprint=self.environment["data_fingerprint"],
            n_train=transforms.n_events,
            metrics=metrics,
            versions=self.environment["versions"],
        )
