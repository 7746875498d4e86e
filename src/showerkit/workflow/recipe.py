"""The recipe of a whole chain: simulate, train, generate, evaluate; shipped ones are found by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import ConfigurationError, suggest
from showerkit.evaluate.settings import EvaluationConfig
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.train.recipe import TrainingRecipe, with_overrides
from showerkit.workflow.recipe_inheritance import read_with_bases

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDINGS = (".yaml", ".yml")


class SimulationSection(StrictConfig):
    """The samples of Geant4 showers that a chain needs.

    The training sample uses `seed`, the test sample `seed` + 1; the floor, which is the test sample's
    incident particles once more, uses `seed` + 2.

    Parameters
    ----------
    train
        Number of showers to train on.
    test
        Number of showers to judge by, and again as many for the floor.
    primaries
        The incident particles.
    cut_mm
        Geant4's production cut in mm.
    seed
        The first of three seeds.
    """

    train: int = Field(ge=2)
    test: int = Field(ge=2)
    primaries: PrimaryConfig = PrimaryConfig()
    cut_mm: float = Field(default=0.7, gt=0.0, le=1000.0)
    seed: int = Field(default=1, ge=0)


class GenerationSection(StrictConfig):
    """How the trained generator makes its showers.

    Parameters
    ----------
    seed
        Seed of the drawn masks.
    """

    seed: int = Field(default=1, ge=0)


class Recipe(TrainingRecipe):
    """A whole chain: the sections of a training, the samples before it and the evaluation after it.

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

    detector: str
    simulate: SimulationSection
    generate: GenerationSection = GenerationSection()
    evaluate: EvaluationConfig = EvaluationConfig()

    def training_recipe(self) -> TrainingRecipe:
        """The part that concerns the training."""
        return TrainingRecipe(**{name: getattr(self, name) for name in TrainingRecipe.model_fields})


#: Sections that a training does not read.
CHAIN_SECTIONS = frozenset(Recipe.model_fields) - frozenset(TrainingRecipe.model_fields)


def recipes_folder() -> Path:
    """Where the shipped recipes are: inside the installed package, or beside the sources."""
    package = Path(__file__).parents[1]
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parents[1] / "recipes"


def shipped_recipes() -> dict[str, Path]:
    """Files of the shipped recipes by name.

    Examples
    --------
    >>> "demo" in shipped_recipes()
    True
    """
    folder = recipes_folder()
    return {path.stem: path for path in sorted(folder.rglob("*")) if path.suffix in _ENDINGS}


def find_recipe(name_or_path: str | Path) -> Path:
    """Find a recipe's file: a YAML file, a shipped name (``demo``) or one with its group (``zdc/demo``).

    Raises
    ------
    ConfigurationError
        If there is no such file and no such shipped recipe.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    name = str(name_or_path)
    shipped = shipped_recipes()
    stem = name
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    stem = stem.removeprefix("recipes/")
    for known, file in shipped.items():
        if stem in (known, f"{file.parent.name}/{known}"):
            return file
    if path.suffix in _ENDINGS:
        raise ConfigurationError(f"recipe {name}", got="no such file", mend=suggest(path.stem, shipped))
    raise ConfigurationError(
        f"unknown recipe '{name}'",
        expected="a shipped recipe's name or a YAML file",
        mend=suggest(name, shipped),
    )


def load_recipe(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Read and check the recipe of a whole chain.

    Parameters
    ----------
    name_or_path
        A shipped recipe's name or a YAML file.
    overrides
        New values by dotted key, such as ``{"training.epochs": 5}``.

    Returns
    -------
    Recipe
        The checked recipe.

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
    return parse_config(Recipe, with_overrides(recipe_values(path), overrides or {}), source=str(path))


def recipe_values(path: Path) -> dict[str, Any]:
    """Read a recipe's settings and those that it inherits through its key ``base``.

    Raises
    ------
    ConfigurationError
        If a file is unreadable, a base is not found, or a recipe builds on itself.
    """
    return read_with_bases(path, find_recipe, _with_detector_beside)


def _with_detector_beside(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Recipes and their detectors travel together, whatever folder the command is given in."""
    detector = values.get("detector")
    if isinstance(detector, str) and detector.endswith(_ENDINGS) and (path.parent / detector).is_file():
        values["detector"] = str(path.parent / detector)
    return values
