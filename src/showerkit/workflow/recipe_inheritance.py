"""Recipes that say only in what they differ from another one: the key ``base``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import load_yaml
from showerkit.errors import ConfigurationError
from showerkit.train.families import same_family, without_family_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: What a recipe has for itself alone.
_OWN: Final = frozenset({"name", "description"})
_BASE: Final = "base"


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a recipe's settings over those of its base, section by section.

    Lists are replaced, not joined; a section of another ``kind`` than the base's replaces it whole, since
    the settings of one kind mean nothing to the other.

    Parameters
    ----------
    base, own
        Nested mappings, as read from YAML.

    Returns
    -------
    dict
        A new mapping.

    Examples
    --------
    >>> merged({"training": {"epochs": 5, "seed": 1}}, {"training": {"epochs": 7}})
    {'training': {'epochs': 7, 'seed': 1}}
    >>> merged({"rate": {"kind": "one-cycle", "peak": 1}}, {"rate": {"kind": "constant"}})
    {'rate': {'kind': 'constant'}}
    """
    result = dict(base)
    for key, value in own.items():
        before = result.get(key)
        if isinstance(value, dict) and isinstance(before, dict) and _same_kind(before, value):
            result[key] = merged(before, value)
        else:
            result[key] = value
    return result


def _is_beside(path: Path, base: str) -> bool:
    """Whether a recipe's base is a file in its folder."""
    try:
        return (path.parent / base).is_file()
    except OSError as refused:
        raise ConfigurationError(
            f"{path}: 'base'", got=f"{base[:60]!r}... ({refused.strerror})", expected="the name of a recipe"
        ) from None


def _same_kind(before: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    # A base that names no kind has the only one there was, or the default.
    return "kind" not in value or before.get("kind", value["kind"]) == value["kind"]


def read_with_bases(
    path: Path,
    find: Callable[[str], Path],
    prepare: Callable[[Path, dict[str, Any]], dict[str, Any]] = lambda _path, values: values,
) -> dict[str, Any]:
    """Read a recipe and all that it builds on.

    A base is a file beside the recipe, or what `find` makes of its name. Name and description are not
    inherited; a recipe about another family of generators (``model.kind``) than its base inherits none of the
    family's sections.

    Parameters
    ----------
    path
        The recipe's file.
    find
        Finds a recipe's file by name.
    prepare
        Is given each file's own settings before they are merged.

    Returns
    -------
    dict
        The settings, without ``base``.

    Raises
    ------
    ConfigurationError
        If a file is unreadable, a base is not found, or a recipe builds on itself.
    """
    chain: list[Path] = []
    layers: list[dict[str, Any]] = []
    while True:
        if path.resolve() in chain:
            names = " -> ".join(known.name for known in [*chain, path])
            raise ConfigurationError(
                f"{chain[0]}: key 'base'", got=f"a recipe that builds on itself ({names})", expected="an end"
            )
        chain.append(path.resolve())
        values = load_yaml(path)
        base = values.pop(_BASE, None)
        layers.append(prepare(path, values))
        if base is None:
            break
        if not isinstance(base, str):
            raise ConfigurationError(f"{path}: 'base'", got=repr(base), expected="the name of a recipe")
        path = path.parent / base if _is_beside(path, base) else find(base)
    result = layers.pop()
    while layers:
        own = layers.pop()
        inherited = {key: value for key, value in result.items() if key not in _OWN}
        if not same_family(inherited, merged(inherited, own)):
            inherited = without_family_sections(inherited)
        result = merged(inherited, own)
    return result
