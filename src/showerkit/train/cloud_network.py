"""Networks for point clouds: fitted to a sample, and built with what trains them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import ConfigurationError
from showerkit.losses.vae_config import VaeLossConfig
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.convae_config import ConVAEConfig
from showerkit.models.shape_flow_config import JET_SHAPE
from showerkit.train.cloud_condition import CloudCondition

if TYPE_CHECKING:
    from showerkit.data.point_scaling import PointScaling
    from showerkit.losses.flow_matching_config import FlowMatchingConfig
    from showerkit.models.cloud_flow import CloudFlow
    from showerkit.models.convae import ConVAE
    from showerkit.train.cloud_recipe import CloudRecipe

#: Features of a point.
_FEATURES = 3

ConfigT = TypeVar("ConfigT", bound=StrictConfig)


def condition_of(recipe: CloudRecipe, classes: tuple[int, ...], places: int) -> CloudCondition:
    """Give what the network of a recipe is told of clouds of these classes."""
    coding = "one-hot" if isinstance(recipe.model, ConVAEConfig) else "index"
    return CloudCondition(inputs=recipe.data.condition, classes=classes, places=places, coding=coding)


def fitted_recipe(recipe: CloudRecipe, condition: CloudCondition) -> CloudRecipe:
    """Write into a recipe what the sample decides: points, features, classes and conditions of the network.

    Parameters
    ----------
    recipe
        The recipe.
    condition
        What the network is told.

    Returns
    -------
    CloudRecipe
        The same with all numbers of the network filled in.

    Raises
    ------
    ConfigurationError
        If the recipe says other numbers, or the network is too deep for so few points.

    Examples
    --------
    >>> from showerkit.train.cloud_recipe import CloudRecipe
    >>> recipe = CloudRecipe(name="wide", data={"condition": []})
    >>> fitted_recipe(recipe, condition_of(recipe, (0,), 100)).model.n_points
    100
    """
    model = recipe.model
    where = f"recipe '{recipe.name}': model"
    if isinstance(model, ConVAEConfig):
        found = {
            "n_points": condition.places,
            "n_features": _FEATURES,
            "n_conditions": condition.columns,
        }
        return recipe.model_copy(update={"model": _with(model, found, where)})
    classes = len(condition.classes) if condition.tells_class else 0
    told = 0 if model.shape is None else len(JET_SHAPE)
    network = _with(
        model.network,
        {"features": _FEATURES, "classes": classes, "condition_features": told},
        f"{where}.network",
    )
    return recipe.model_copy(update={"model": model.model_copy(update={"network": network})})


def _with(config: ConfigT, found: dict[str, Any], where: str) -> ConfigT:
    for name, value in found.items():
        said = getattr(config, name)
        if said not in (value, type(config).model_fields[name].default):
            raise ConfigurationError(
                f"{where}.{name}", got=said, expected=f"{value}, as the sample has it, or nothing"
            )
    return parse_config(type(config), {**config.model_dump(), **found}, source=where)


def build_cloud_network(
    config: ConVAEConfig | CloudFlowConfig,
    *,
    objective: VaeLossConfig | FlowMatchingConfig | None = None,
    scaling: PointScaling | None = None,
    seed: int,
) -> ConVAE | CloudFlow:
    """Build a network for point clouds with initial weights drawn from a seed.

    Parameters
    ----------
    config
        The network.
    objective
        What trains it; None for a network that only samples.
    scaling
        Scaling of the points, for objectives that look at physical ones.
    seed
        Seed of the initial weights; the library's global random state is left as it was.

    Returns
    -------
    ConVAE or CloudFlow
        The network.
    """
    if isinstance(config, ConVAEConfig):
        from showerkit.losses.vae import VaeObjective
        from showerkit.models.convae import build_convae

        if isinstance(objective, VaeLossConfig):
            unscale = None if scaling is None else scaling.inverse
            return build_convae(config, VaeObjective(objective, unscale), seed=seed)
        return build_convae(config, seed=seed)
    import torch

    from showerkit.losses.flow_matching import FlowMatching
    from showerkit.models.cloud_flow import CloudFlow

    of_flow = None if objective is None or isinstance(objective, VaeLossConfig) else FlowMatching(objective)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return CloudFlow(config, of_flow, scaling)
