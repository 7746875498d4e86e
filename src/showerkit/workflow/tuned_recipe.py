"""The recipe that a study varies, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import load_yaml, parse_config
from showerkit.errors import ConfigurationError, suggest
from showerkit.train.families import AnyTrainingRecipe, parse_training_recipe, with_settings
from showerkit.train.search_space import SearchSpace
from showerkit.train.shipped_recipes import shipped_search_spaces
from showerkit.workflow.chain_sections import CHAIN_SECTIONS, ChainSections
from showerkit.workflow.recipe import find_recipe, recipe_values, search_space_values

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TunedRecipe:
    """A recipe with what a study varies of it.

    Parameters
    ----------
    values
        All its settings, those of its training with every default written out.
    training
        The recipe of the training, from which trials differ.
    space
        What is varied and how.
    source
        Where the recipe comes from, for messages.
    """

    values: dict[str, Any]
    training: AnyTrainingRecipe
    space: SearchSpace
    source: str


def tuned_recipe(
    recipe: AnyTrainingRecipe | ChainSections | Path | str,
    space: SearchSpace | Path | str | None,
    overrides: Mapping[str, Any],
) -> TunedRecipe:
    """Read a recipe and its search space, and try the ends of every range on it.

    Parameters
    ----------
    recipe
        The recipe of a training or of a whole chain, the YAML file of one, or a shipped recipe's name.
    space
        What is varied and how, a YAML file of that, or a shipped space's name; None: the recipe's section
        ``tune``.
    overrides
        Settings that replace the recipe's in every trial, by dotted key.

    Returns
    -------
    TunedRecipe
        The two.

    Raises
    ------
    ConfigurationError
        If recipe or search space are wrong.

    Examples
    --------
    >>> space = SearchSpace(parameters={"training.batch_size": {"kind": "int", "low": 64, "high": 512}})
    >>> tuned = tuned_recipe("demo", space, {"training.epochs": 3})
    >>> tuned.training.training.epochs, tuned.values["detector"]
    (3, 'zdc-ecal')
    """
    values, source, own_space = _read_recipe(recipe)
    values = with_settings(values, overrides)
    searched = _read_space(space, own_space, source)
    own = {key: value for key, value in values.items() if key not in CHAIN_SECTIONS}
    base = parse_training_recipe(own, source=source)
    # With every default written out, a single key of a section can be varied.
    training = base.model_dump(mode="json")
    _check_space(searched, training, source)
    return TunedRecipe({**values, **training}, base, searched, source)


def _read_recipe(
    recipe: AnyTrainingRecipe | ChainSections | Path | str,
) -> tuple[dict[str, Any], str, object]:
    """Give a recipe's settings, where they come from, and its search space."""
    if isinstance(recipe, AnyTrainingRecipe | ChainSections):
        return recipe.model_dump(mode="json"), f"recipe '{recipe.name}'", None
    path = find_recipe(recipe)
    return recipe_values(path), str(path), search_space_values(path)


def _read_space(space: SearchSpace | Path | str | None, own: object, source: str) -> SearchSpace:
    if isinstance(space, SearchSpace):
        return space
    if space is not None:
        path, shipped = Path(space), shipped_search_spaces()
        if not path.is_file() and not path.suffix:
            if str(space) not in shipped:
                raise ConfigurationError(f"unknown search space '{space}'", mend=suggest(str(space), shipped))
            path = shipped[str(space)]
        return parse_config(SearchSpace, load_yaml(path), source=str(path))
    if own is None:
        raise ConfigurationError(
            f"{source}: key 'tune' is missing",
            expected="a section with the search space",
            mend="add one, or name a file with --space",
        )
    if not isinstance(own, dict):
        raise ConfigurationError(f"{source}: 'tune'", got=repr(own), expected="a section")
    return parse_config(SearchSpace, own, source=f"{source}, section 'tune'")


def _check_space(space: SearchSpace, training: Mapping[str, Any], source: str) -> None:
    """Try the ends of every range on the recipe before anything is trained."""
    for key, parameter in space.parameters.items():
        for value in parameter.extremes():
            parse_training_recipe(
                with_settings(training, {key: value}), source=f"{source}, search space of '{key}'"
            )
