"""The showers of a flow's training: divided, cut into windows, in batches; and models to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch

from showerkit.data.datasets import ShowerBatches
from showerkit.data.entry_frame import EntryFrame
from showerkit.data.splits import SplitConfig
from showerkit.data.window_condition import WindowCondition
from showerkit.data.window_fit import fit_window_transforms
from showerkit.errors import ConfigurationError
from showerkit.models.shower_flow import ShowerFlow
from showerkit.rng import seed_sequence
from showerkit.train.checkpoint import Checkpoint, CheckpointMeta, load_checkpoint
from showerkit.train.model_store import resolve_model
from showerkit.train.window_batches import WindowBatches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part
    from showerkit.models.shower_flow_config import ShowerFlowConfig
    from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
    from showerkit.train.status_file import StatusFile

#: Showers at a time where no gradient is wanted.
VALIDATION_BATCH: Final = 512


class FlowSample:
    """A sample as the training sees it: divided, cut into windows, in batches."""

    def __init__(self, recipe: ShowerFlowRecipe, file: ShowerFile, environment: Mapping[str, Any]) -> None:
        self.recipe = recipe
        self.file = file
        self.environment = environment
        self.split = SplitConfig(validation=recipe.data.validation_fraction)
        model = recipe.model
        self.frame = EntryFrame(file.detector, model.cells_across, model.depth_mm, model.mirror)
        self.fitted = fit_window_transforms(
            file.path, self.split, self.frame, threshold_mev=recipe.data.threshold_mev
        )
        self.condition = self.fitted.condition
        self._streams: dict[Part, ShowerBatches] = {}

    def batches(
        self, part: Part, epoch: Callable[[], int], batch_size: int, *, epoch_showers: int | None = None
    ) -> WindowBatches:
        """Give batches of a part; those for training are shuffled."""
        data, known = self.recipe.data, self._streams.get(part)
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
            particles=self.fitted.particles,
        )
        # All stages learn from the same windows: they are cut and kept once.
        if known is not None and known.condition is self.condition:
            showers.keep_as(known)
        self._streams[part] = showers
        return WindowBatches(showers, self.condition, data.threshold_mev, epoch)

    def network(self, model: ShowerFlowConfig) -> ShowerFlow:
        """Build the network, the global random state being left as it was."""
        with torch.random.fork_rng():
            torch.manual_seed(int(seed_sequence(self.recipe.training.seed, "network").generate_state(1)[0]))
            return ShowerFlow(
                model,
                layers=len(self.file.detector.layers),
                particles=len(self.fitted.particles),
                threshold_mev=self.recipe.data.threshold_mev,
            )

    def describe(self, model: ShowerFlowConfig, metrics: dict[str, float]) -> CheckpointMeta:
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


def model_to_start_from(name: str, sample: FlowSample, *, sizes_matter: bool = True) -> Checkpoint:
    """Load a model to start from, and take over how it sees incident particles.

    Unless `sizes_matter`, its networks may be of other sizes than the recipe's, as long as they are told the
    same of the same windows.
    """
    recipe = sample.recipe
    begun = load_checkpoint(resolve_model(name))
    got_model: Any = begun.meta.model
    if not sizes_matter and begun.meta.model.kind == recipe.model.kind:
        windows = ("cells_across", "depth_mm", "mirror")
        got_model = {one: getattr(got_model, one) for one in windows} | {"shape": got_model.shape is not None}
        wanted: Any = {one: getattr(recipe.model, one) for one in windows}
        wanted |= {"shape": recipe.model.shape is not None}
    elif begun.meta.model.kind == recipe.model.kind:
        # The solver is a choice of who generates, and the variable is settled by the showers.
        free = {"solver": recipe.model.solver, "energies": got_model.energies}
        wanted = recipe.model.model_copy(update=free)
        got_model = got_model.model_copy(update=free)
    else:
        wanted = recipe.model
    for what, got, expected in (
        ("detector", begun.meta.detector.name, sample.file.detector.name),
        ("section 'model'", got_model, wanted),
        ("data.threshold_mev", begun.meta.threshold_mev, recipe.data.threshold_mev),
        ("particles", begun.meta.particles, sample.fitted.particles),
    ):
        if got != expected:
            raise ConfigurationError(
                f"model '{name}' to start from: {what}",
                got=got,
                expected=f"{expected}, as in recipe '{recipe.name}' and its showers",
                mend="start from another model, or train from the beginning",
            )
    sample.condition = WindowCondition.from_dict(begun.meta.condition_transform)
    return begun


def figures_of(status: StatusFile, monitor: str, epoch: int) -> dict[str, float]:
    """Give the final figures of a training."""
    metrics = {"epochs": float(status.now.epochs_done), "epoch_of_the_model": float(epoch)}
    if status.now.best_loss is not None:
        metrics[f"best_{monitor}"] = status.now.best_loss
    return metrics
