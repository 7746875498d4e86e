"""The recipes of whole chains that calibrate jets: simulate, train, reconstruct, evaluate."""

from __future__ import annotations

from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.workflow.chain_sections import JetEnergySections


class JetEnergyChain(JetEnergySections, JetEnergyRecipe):
    """A whole chain whose model is a network that calibrates the energy of jets.

    Examples
    --------
    >>> recipe = JetEnergyChain(
    ...     name="small", model={"kind": "energy-flow"}, simulate={"train": 100, "test": 20})
    >>> recipe.training_recipe().model.kind, recipe.baseline.kind
    ('energy-flow', 'numerical-inversion')
    """

    def training_recipe(self) -> JetEnergyRecipe:
        """The part that concerns the training."""
        return JetEnergyRecipe(**{name: getattr(self, name) for name in JetEnergyRecipe.model_fields})


class JetBaselineChain(JetEnergySections, JetBaselineRecipe):
    """A whole chain whose model calibrates the energy of jets without a network.

    Examples
    --------
    >>> recipe = JetBaselineChain(name="small", simulate={"train": 100, "test": 20}, baseline=None)
    >>> recipe.training_recipe().model.kind
    'numerical-inversion'
    """

    def training_recipe(self) -> JetBaselineRecipe:
        """The part that concerns the training."""
        return JetBaselineRecipe(**{name: getattr(self, name) for name in JetBaselineRecipe.model_fields})
