"""Families of models: the kind of network tells which settings a recipe has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, ShowerkitError, suggest
from showerkit.train.cloud_recipe import CloudRecipe
from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
from showerkit.train.energy_recipe import EnergyRecipe
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.recipe import TrainingRecipe, with_overrides
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The recipe of a training, of whatever family.
AnyTrainingRecipe: TypeAlias = (
    TrainingRecipe
    | EntryWindowRecipe
    | ShowerFlowRecipe
    | EnergyRecipe
    | EnergyBaselineRecipe
    | CloudRecipe
    | JetEnergyRecipe
    | JetBaselineRecipe
)

#: Recipes by ``model.kind``.
FAMILIES: Final[Mapping[str, type[AnyTrainingRecipe]]] = {
    "mask-value": TrainingRecipe,
    "entry-window": EntryWindowRecipe,
    "shower-flow": ShowerFlowRecipe,
    **dict.fromkeys(("cnn3d", "deep-sets-hits", "layer-profile", "residual3d", "own-energy"), EnergyRecipe),
    **dict.fromkeys(("linear-total", "linear-layers", "boosted-trees"), EnergyBaselineRecipe),
    **dict.fromkeys(("convae", "cloud-flow"), CloudRecipe),
    **dict.fromkeys(("particle-flow", "energy-flow", "edge-conv"), JetEnergyRecipe),
    **dict.fromkeys(("numerical-inversion", "jet-boosted-trees"), JetBaselineRecipe),
}
#: Recipes were written before there was more than one kind.
DEFAULT_FAMILY: Final = "mask-value"

#: What every recipe has, whatever its family.
_COMMON: Final = frozenset({"name", "description"})
#: What only a recipe of the same family understands.
FAMILY_SECTIONS: Final = frozenset().union(*(cls.model_fields for cls in FAMILIES.values())) - _COMMON


def family_of(
    values: Mapping[str, Any], *, source: str, error: type[ShowerkitError] = ConfigurationError
) -> str:
    """Tell the kind of model that a recipe is about.

    Parameters
    ----------
    values
        The recipe's settings, as read from YAML.
    source
        Where they come from, for the message.
    error
        The error class to raise.

    Returns
    -------
    str
        The kind of network, ``mask-value`` if the recipe names none.

    Raises
    ------
    ShowerkitError
        Of class `error`, if there is no such family.

    Examples
    --------
    >>> family_of({"model": {"kind": "entry-window"}}, source="mine.yaml")
    'entry-window'
    >>> family_of({"model": {"hidden": 8}}, source="mine.yaml")
    'mask-value'
    """
    kind = _kind(values)
    if not isinstance(kind, str) or kind not in FAMILIES:
        raise error(f"{source}: 'model.kind'", got=repr(kind), mend=suggest(str(kind), FAMILIES))
    return kind


def parse_training_recipe(
    values: Mapping[str, Any], *, source: str, error: type[ShowerkitError] = ConfigurationError
) -> AnyTrainingRecipe:
    """Check the recipe of a training, as its family has it.

    Parameters
    ----------
    values
        The settings.
    source
        Where they come from, for the message.
    error
        The error class to raise.

    Returns
    -------
    AnyTrainingRecipe
        The recipe.

    Raises
    ------
    ShowerkitError
        Of class `error`, if there is no such family, or a key or value is wrong.

    Examples
    --------
    >>> values = {"name": "quick", "model": {"kind": "entry-window"}}
    >>> parse_training_recipe(values, source="quick.yaml").model.cells_across
    15
    """
    cls = FAMILIES[family_of(values, source=source, error=error)]
    return parse_config(cls, values, source=source, error=error)


def same_family(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two recipes' settings name kinds of network that have the same settings beside them.

    Examples
    --------
    >>> same_family({"model": {"kind": "mask-value"}}, {"model": {"hidden": 8}})
    True
    >>> same_family({"model": {"kind": "cnn3d"}}, {"model": {"kind": "residual3d"}})
    True
    """
    first, second = _kind(one), _kind(other)
    return first == second or (
        isinstance(first, str) and isinstance(second, str) and FAMILIES.get(first) is FAMILIES.get(second)
    )


def without_family_sections(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a recipe of any family understands.

    Examples
    --------
    >>> without_family_sections({"name": "quick", "detector": "zdc-ecal", "loss": {"value_weight": 200}})
    {'name': 'quick', 'detector': 'zdc-ecal'}
    """
    return {key: value for key, value in values.items() if key not in FAMILY_SECTIONS}


def with_settings(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Set dotted keys of a recipe; with another ``model.kind``, the old family's sections are dropped.

    The settings of one family mean nothing to another, so the new one begins with its own defaults; detector,
    samples and evaluation stay.

    Parameters
    ----------
    values
        The recipe's settings.
    overrides
        New values by dotted key.

    Returns
    -------
    dict
        A copy with the new values.

    Raises
    ------
    ConfigurationError
        If a key leads through something that is no section.

    Examples
    --------
    >>> values = {"detector": "zdc-ecal", "model": {"hidden": 8}, "loss": {"value_weight": 200}}
    >>> with_settings(values, {"model.kind": "entry-window"})
    {'detector': 'zdc-ecal', 'model': {'kind': 'entry-window'}}
    """
    changed = with_overrides(values, overrides)
    if same_family(values, changed):
        return changed
    return with_overrides(without_family_sections(values), overrides)


def _kind(values: Mapping[str, Any]) -> object:
    """The kind of network; what is wrong with a section that is no mapping is told when it is parsed."""
    model = values.get("model")
    return model.get("kind", DEFAULT_FAMILY) if isinstance(model, dict) else DEFAULT_FAMILY
