"""The showers and the network of a flow's training, and models to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from showerkit.data.window_condition import WindowCondition
from showerkit.errors import ConfigurationError
from showerkit.models.shower_flow import ShowerFlow
from showerkit.rng import seed_sequence
from showerkit.train.checkpoint import Checkpoint, load_checkpoint
from showerkit.train.model_store import resolve_model
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
from showerkit.workflow.window_sample import WindowSample

if TYPE_CHECKING:
    from showerkit.models.shower_flow_config import ShowerFlowConfig


class FlowSample(WindowSample[ShowerFlowRecipe]):
    """A sample as the training of a flow sees it, which is told of several particles which it is."""

    tells_particles = True

    def network(self, model: ShowerFlowConfig) -> ShowerFlow:
        """Build the network, the global random state being left as it was."""
        with torch.random.fork_rng():
            torch.manual_seed(int(seed_sequence(self.recipe.training.seed, "network").generate_state(1)[0]))
            network = ShowerFlow(
                model,
                layout=self.frame.layout,
                particles=len(self.fitted.particles),
                threshold_mev=self.recipe.data.threshold_mev,
            )
        network.see(self.condition)
        return network


def model_to_start_from(name: str, sample: FlowSample, *, sizes_matter: bool = True) -> Checkpoint:
    """Load a model to start from, and take over how it sees incident particles.

    Unless `sizes_matter`, its networks may be of other sizes than the recipe's, as long as they are told the
    same of the same windows.
    """
    recipe = sample.recipe
    begun = load_checkpoint(resolve_model(name))
    got_model: Any = begun.meta.model
    if not sizes_matter and begun.meta.model.kind == recipe.model.kind:
        windows = ("frame", "cells_across", "depth_mm", "mirror")
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
