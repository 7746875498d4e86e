"""Showers as the training of a model of windows sees them: divided, cut into windows, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from showerkit.data.datasets import ShowerBatches
from showerkit.data.splits import SplitConfig
from showerkit.data.window_fit import fit_window_transforms
from showerkit.generate.window_frame import window_frame
from showerkit.train.checkpoint import CheckpointMeta
from showerkit.train.window_batches import WindowBatches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part
    from showerkit.models.entry_window_config import EntryWindowConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig
    from showerkit.train.entry_window_recipe import EntryWindowRecipe
    from showerkit.train.shower_flow_recipe import ShowerFlowRecipe

RecipeT = TypeVar("RecipeT", bound="EntryWindowRecipe | ShowerFlowRecipe")

#: Showers at a time where no gradient is wanted.
VALIDATION_BATCH: Final = 512


class WindowSample(Generic[RecipeT]):
    """The training and validation parts of a sample, in windows about the lines of flight.

    Parameters
    ----------
    recipe
        The recipe, whose sections ``data`` and ``model`` decide all of this.
    file
        The showers.
    environment
        What is known of the surroundings and of the sample.
    """

    #: Whether batches tell which particle it is, where there are several.
    tells_particles: ClassVar[bool] = False

    def __init__(self, recipe: RecipeT, file: ShowerFile, environment: Mapping[str, Any]) -> None:
        self.recipe = recipe
        self.file = file
        self.environment = environment
        self.split = SplitConfig(validation=recipe.data.validation_fraction)
        self.frame = window_frame(recipe.model, file.detector)
        self.fitted = fit_window_transforms(
            file.path, self.split, self.frame, threshold_mev=recipe.data.threshold_mev
        )
        self.condition = self.fitted.condition

    @property
    def outside(self) -> str:
        """How much the frame leaves out, in words."""
        return (
            f"{self.frame.words} leave "
            f"{100.0 * self.fitted.lost_energy_share:.2g} % of the energy and "
            f"{100.0 * self.fitted.lost_hit_share:.2g} % of the hits out"
        )

    def batches(
        self,
        part: Part,
        batch_size: int,
        epoch: Callable[[], int] = lambda: 0,
        *,
        epoch_showers: int | None = None,
    ) -> WindowBatches:
        """Give batches of a part; those for training are shuffled."""
        data = self.recipe.data
        showers = ShowerBatches(
            self.file.path,
            self.condition,
            batch_size=batch_size if part == "train" else max(VALIDATION_BATCH, batch_size),
            split=self.split,
            part=part,
            seed=self.recipe.training.seed,
            shuffle=part == "train",
            buffer_events=data.shuffle_buffer,
            frame=self.frame,
            epoch_events=epoch_showers,
            particles=self.fitted.particles if self.tells_particles else (),
        )
        return WindowBatches(showers, self.condition, data.threshold_mev, epoch)

    def describe(
        self, model: EntryWindowConfig | ShowerFlowConfig, metrics: dict[str, float]
    ) -> CheckpointMeta:
        """Describe a model that was trained on this sample."""
        recipe, fitted = self.recipe, self.fitted
        primaries = self.file.metadata.settings.get("primaries")
        return CheckpointMeta(
            name=recipe.name,
            description=recipe.description,
            model=model,
            loss=recipe.loss,
            condition_transform=self.condition.to_dict(),
            energy_transform={},
            detector=self.file.detector,
            threshold_mev=recipe.data.threshold_mev,
            primaries=primaries if isinstance(primaries, dict) else None,
            valid_range=fitted.ranges,
            particles=fitted.particles,
            seed=recipe.training.seed,
            data_fingerprint=self.environment["data_fingerprint"],
            n_train=fitted.n_events,
            metrics=metrics,
            versions=self.environment["versions"],
        )
