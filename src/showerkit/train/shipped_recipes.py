"""Where the shipped recipes and search spaces are, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RECIPE_ENDINGS: Final = (".yaml", ".yml")
#: Folders beside the recipes that hold search spaces.
_SPACES: Final = "spaces"


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
    files = sorted(path for path in recipes_folder().rglob("*") if path.suffix in RECIPE_ENDINGS)
    return {path.stem: path for path in files if path.parent.name != _SPACES}


def shipped_search_spaces() -> dict[str, Path]:
    """Files of the shipped search spaces by name.

    Examples
    --------
    >>> "cnn3d" in shipped_search_spaces()
    True
    """
    files = sorted(recipes_folder().rglob(f"{_SPACES}/*"))
    return {path.stem: path for path in files if path.suffix in RECIPE_ENDINGS}
