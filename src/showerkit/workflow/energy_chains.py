"""The recipes of whole chains that measure energies: simulate, train, reconstruct, evaluate."""

from __future__ import annotations

from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
from showerkit.train.energy_recipe import EnergyRecipe
from showerkit.workflow.chain_sections import EnergySections


class EnergyChain(EnergySections, EnergyRecipe):
    """A whole chain whose model is a network that measures energies.

    Examples
    --------
    >>> simulate = {"train": 100, "test": 20}
    >>> recipe = EnergyChain(name="small", detector="toy-hcal", simulate=simulate)
    >>> recipe.training_recipe().model.kind
    'cnn3d'
    """

    def training_recipe(self) -> EnergyRecipe:
        """The part that concerns the training."""
        return EnergyRecipe(**{name: getattr(self, name) for name in EnergyRecipe.model_fields})


class EnergyBaselineChain(EnergySections, EnergyBaselineRecipe):
    """A whole chain whose model is a baseline of energy measurement.

    Examples
    --------
    >>> simulate = {"train": 100, "test": 20}
    >>> recipe = EnergyBaselineChain(name="small", detector="toy-hcal", simulate=simulate)
    >>> recipe.training_recipe().model.kind
    'linear-total'
    """

    def training_recipe(self) -> EnergyBaselineRecipe:
        """The part that concerns the training."""
        return EnergyBaselineRecipe(
            **{name: getattr(self, name) for name in EnergyBaselineRecipe.model_fields}
        )
