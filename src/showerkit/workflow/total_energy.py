"""Give a model what its recipe asks for to draw total energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.data.datasets import ShowerBatches
from showerkit.train.measured_total import measure_total_energy
from showerkit.train.total_energy_flow import ShowerTotals, train_total_energy_flow

if TYPE_CHECKING:
    from showerkit.data.splits import Part
    from showerkit.models.mask_value import MaskValueGenerator
    from showerkit.models.total_energy_flow import TotalEnergyFlow
    from showerkit.progress import Progress
    from showerkit.train.recipe import TrainingRecipe
    from showerkit.train.target_batches import TargetBatches
    from showerkit.train.value_spread import ValueSpread
    from showerkit.workflow.training_sample import TrainingSample

_READ_AT_ONCE = 4096


def total_energy_flow(
    recipe: TrainingRecipe, sample: TrainingSample, progress: Progress
) -> TotalEnergyFlow | None:
    """Train the flow for the total energy, if the recipe asks for one; it needs no other network.

    Raises
    ------
    DataError
        If there are too few showers with hits.
    """
    if recipe.training.total_energy != "flow":
        return None
    progress.note("training the flow for the total energy")
    seed = recipe.training.seed
    return train_total_energy_flow(
        _totals(sample, "train", seed), _totals(sample, "validation", seed), seed=seed
    )


def total_energy_quantiles(
    recipe: TrainingRecipe, network: MaskValueGenerator, validation: TargetBatches, progress: Progress
) -> ValueSpread | None:
    """Learn how the total energy scatters about a trained network's, if the recipe asks for it."""
    if recipe.training.total_energy != "quantiles":
        return None
    progress.note("learning how the total energy scatters about its expectation")
    return measure_total_energy(network, validation, recipe.loss, seed=recipe.training.seed)


def _totals(sample: TrainingSample, part: Part, seed: int) -> ShowerTotals:
    """Read total energies from all over the sample, without keeping its showers."""
    batches = ShowerBatches(
        sample.file.path,
        sample.transforms.condition,
        batch_size=_READ_AT_ONCE,
        split=sample.split,
        part=part,
        seed=seed,
        buffer_events=sample.recipe.data.shuffle_buffer,
        memory_mb=0.0,
    )
    return ShowerTotals.collect(batches, sample.recipe.data.threshold_mev)
