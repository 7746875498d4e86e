"""The recipes of whole chains that make jets or sparse images."""

from __future__ import annotations

from showerkit.train.cloud_recipe import CloudRecipe
from showerkit.workflow.chain_sections import ImageSections, JetSections


class JetChain(JetSections, CloudRecipe):
    """A whole chain whose model makes jets: simulate, train, generate, evaluate.

    Examples
    --------
    >>> recipe = JetChain(name="small", simulate={"process": "g", "train": 100, "test": 20})
    >>> recipe.training_recipe().model.kind
    'convae'
    """

    def training_recipe(self) -> CloudRecipe:
        """The part that concerns the training."""
        return CloudRecipe(**{name: getattr(self, name) for name in CloudRecipe.model_fields})


class ImageChain(ImageSections, CloudRecipe):
    """A whole chain whose model makes sparse images: read digits, train, generate.

    Examples
    --------
    >>> recipe = ImageChain(name="small", images={"digits": [8]}, data={"features": "pixels"})
    >>> recipe.training_recipe().data.features
    'pixels'
    """

    def training_recipe(self) -> CloudRecipe:
        """The part that concerns the training."""
        return CloudRecipe(**{name: getattr(self, name) for name in CloudRecipe.model_fields})
