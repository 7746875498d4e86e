"""The recipe of a whole chain: simulate, train, generate, evaluate; shipped ones are found by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from showerkit.configuration import is_a_file, parse_config
from showerkit.errors import ConfigurationError, ShowerkitError, suggest
from showerkit.train.cloud_recipe import CloudRecipe
from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
from showerkit.train.energy_recipe import EnergyRecipe
from showerkit.train.entry_window_recipe import EntryWindowRecipe
from showerkit.train.families import FAMILIES, AnyTrainingRecipe, family_of, with_settings
from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
from showerkit.train.jet_energy_recipe import JetEnergyRecipe
from showerkit.train.recipe import TrainingRecipe
from showerkit.train.shipped_recipes import RECIPE_ENDINGS, shipped_recipes
from showerkit.train.shower_flow_recipe import ShowerFlowRecipe
from showerkit.workflow.chain_sections import GeneratorSections
from showerkit.workflow.cloud_chains import ImageChain, JetChain
from showerkit.workflow.energy_chains import EnergyBaselineChain, EnergyChain
from showerkit.workflow.jet_energy_chains import JetBaselineChain, JetEnergyChain
from showerkit.workflow.recipe_inheritance import read_with_bases

#: The section that only ``showerkit tune`` reads.
_SPACE: Final = "tune"


class Recipe(GeneratorSections, TrainingRecipe):
    """A whole chain: the sections of a training, the samples before it and the evaluation after it.

    Its generator is of the family ``mask-value``; `load_recipe` and `parse_recipe` give the recipe that the
    kind of network calls for.

    Parameters
    ----------
    detector
        A shipped detector's name or a YAML file (looked for beside the recipe first).
    simulate, generate, evaluate
        The sections beyond those of a training.

    Examples
    --------
    >>> recipe = Recipe(name="small", detector="zdc-ecal", simulate={"train": 100, "test": 20})
    >>> recipe.simulate.cut_mm, recipe.training_recipe().name
    (0.7, 'small')
    """

    def training_recipe(self) -> TrainingRecipe:
        """The part that concerns the training."""
        return TrainingRecipe(**{name: getattr(self, name) for name in TrainingRecipe.model_fields})


class EntryWindowChain(GeneratorSections, EntryWindowRecipe):
    """A whole chain whose generator is of the family ``entry-window``.

    Examples
    --------
    >>> simulate = {"train": 100, "test": 20}
    >>> recipe = EntryWindowChain(name="small", detector="zdc-ecal", simulate=simulate)
    >>> recipe.training_recipe().model.kind
    'entry-window'
    """

    def training_recipe(self) -> EntryWindowRecipe:
        """The part that concerns the training."""
        return EntryWindowRecipe(**{name: getattr(self, name) for name in EntryWindowRecipe.model_fields})


class ShowerFlowChain(GeneratorSections, ShowerFlowRecipe):
    """A whole chain whose generator is of the family ``shower-flow``.

    Examples
    --------
    >>> simulate = {"train": 100, "test": 20}
    >>> recipe = ShowerFlowChain(name="small", detector="zdc-ecal", simulate=simulate)
    >>> recipe.training_recipe().loss.kind
    'flow-matching'
    """

    def training_recipe(self) -> ShowerFlowRecipe:
        """The part that concerns the training."""
        return ShowerFlowRecipe(**{name: getattr(self, name) for name in ShowerFlowRecipe.model_fields})


#: The recipe of a whole chain, of whatever family.
AnyRecipe: TypeAlias = (
    Recipe
    | EntryWindowChain
    | ShowerFlowChain
    | EnergyChain
    | EnergyBaselineChain
    | JetChain
    | ImageChain
    | JetEnergyChain
    | JetBaselineChain
)

_CHAINS: Final[Mapping[type[AnyTrainingRecipe], type[AnyRecipe]]] = {
    TrainingRecipe: Recipe,
    EntryWindowRecipe: EntryWindowChain,
    ShowerFlowRecipe: ShowerFlowChain,
    EnergyRecipe: EnergyChain,
    EnergyBaselineRecipe: EnergyBaselineChain,
    CloudRecipe: JetChain,
    JetEnergyRecipe: JetEnergyChain,
    JetBaselineRecipe: JetBaselineChain,
}


def find_recipe(name_or_path: str | Path) -> Path:
    """Find a recipe's file: a YAML file, a shipped name (``demo``) or one with its group (``zdc/demo``).

    Raises
    ------
    ConfigurationError
        If there is no such file and no such shipped recipe.
    """
    path = Path(name_or_path)
    if is_a_file(path):
        return path
    name = str(name_or_path)
    shipped = shipped_recipes()
    stem = name
    for ending in RECIPE_ENDINGS:
        stem = stem.removesuffix(ending)
    stem = stem.removeprefix("recipes/")
    for known, file in shipped.items():
        if stem in (known, f"{file.parent.name}/{known}"):
            return file
    if path.suffix in RECIPE_ENDINGS:
        raise ConfigurationError(f"recipe {name}", got="no such file", mend=suggest(path.stem, shipped))
    raise ConfigurationError(
        f"unknown recipe '{name}'",
        expected="a shipped recipe's name or a YAML file",
        mend=suggest(name, shipped),
    )


def load_recipe(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> AnyRecipe:
    """Read and check the recipe of a whole chain.

    Parameters
    ----------
    name_or_path
        A shipped recipe's name or a YAML file.
    overrides
        New values by dotted key, such as ``{"training.epochs": 5}``; with another ``model.kind``, the
        sections of the old family are dropped.

    Returns
    -------
    AnyRecipe
        The checked recipe, as the kind of network (``model.kind``) calls for.

    Raises
    ------
    ConfigurationError
        If the recipe is not found, or a key or value is wrong.

    Examples
    --------
    >>> load_recipe("demo", {"training.epochs": 2}).training.epochs
    2
    """
    path = find_recipe(name_or_path)
    return parse_recipe(with_settings(recipe_values(path), overrides or {}), source=str(path))


def parse_recipe(
    values: Mapping[str, Any], *, source: str, error: type[ShowerkitError] = ConfigurationError
) -> AnyRecipe:
    """Check the recipe of a whole chain, as the family of its generator has it.

    Parameters
    ----------
    values
        The settings, without ``base``.
    source
        Where they come from, for the message.
    error
        The error class to raise.

    Returns
    -------
    AnyRecipe
        The checked recipe.

    Raises
    ------
    ShowerkitError
        Of class `error`, if there is no such family, or a key or value is wrong.

    Examples
    --------
    >>> values = {"name": "small", "detector": "zdc-ecal", "simulate": {"train": 100, "test": 20}}
    >>> parse_recipe(values, source="small.yaml").model.kind
    'mask-value'
    """
    cls = _CHAINS[FAMILIES[family_of(values, source=source, error=error)]]
    if cls is JetChain and "images" in values:
        cls = ImageChain
    return parse_config(cls, values, source=source, error=error)


def recipe_values(path: Path) -> dict[str, Any]:
    """Read a recipe's settings and those that it inherits through its key ``base``, but for its search space.

    Raises
    ------
    ConfigurationError
        If a file is unreadable, a base is not found, or a recipe builds on itself.
    """
    return _values_and_space(path)[0]


def search_space_values(path: Path) -> object:
    """Read what a recipe's own or inherited section ``tune`` holds; None: it has none.

    Raises
    ------
    ConfigurationError
        If a file is unreadable, a base is not found, or a recipe builds on itself.
    """
    return _values_and_space(path)[1]


def _values_and_space(path: Path) -> tuple[dict[str, Any], object]:
    values = read_with_bases(path, find_recipe, _with_detector_beside)
    space = values.pop(_SPACE, None)
    return values, space


def _with_detector_beside(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Recipes and their detectors travel together, whatever folder the command is given in."""
    detector = values.get("detector")
    if isinstance(detector, str) and detector.endswith(RECIPE_ENDINGS) and is_a_file(path.parent / detector):
        values["detector"] = str(path.parent / detector)
    return values
