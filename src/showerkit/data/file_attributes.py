"""From the attributes of a file to the typed description that they hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

ConfigT = TypeVar("ConfigT", bound=StrictConfig)


def require_schema(
    attributes: Mapping[str, Any], schema: str, *, source: str, mend: str | None, without: str = "none"
) -> None:
    """Refuse a file that does not say that it is of a schema.

    Parameters
    ----------
    attributes
        The file's attributes.
    schema
        What it must say.
    source
        The file, for messages.
    mend
        How such a file is made.
    without
        What a file is that says nothing.

    Raises
    ------
    FileFormatError
        If it says something else, or nothing.

    Examples
    --------
    >>> try:
    ...     require_schema({"schema": "other"}, "showerkit-jets", source="x.h5", mend=None)
    ... except FileFormatError as error:
    ...     print(error)
    x.h5: attribute 'schema': got 'other'; expected 'showerkit-jets'
    """
    said = attributes.get("schema")
    if said != schema:
        got = without if said is None else repr(said)
        raise FileFormatError(f"{source}: attribute 'schema'", got=got, expected=f"'{schema}'", mend=mend)


def parse_attributes(
    cls: type[ConfigT], attributes: Mapping[str, Any], json_names: tuple[str, ...], *, source: str
) -> ConfigT:
    """Read a description from the attributes of the same names; others are left alone.

    Parameters
    ----------
    cls
        The description's type.
    attributes
        The attributes.
    json_names
        Those that hold JSON.
    source
        The file, for messages.

    Returns
    -------
    StrictConfig
        The description, of type `cls`.

    Raises
    ------
    FileFormatError
        If an attribute is missing or wrong.

    Examples
    --------
    >>> class Note(StrictConfig):
    ...     seed: int
    ...     versions: dict[str, str] = {}
    >>> parse_attributes(Note, {"seed": np.int64(3), "versions": '{"a": "1"}'}, ("versions",), source="x.h5")
    Note(seed=3, versions={'a': '1'})
    """
    values: dict[str, Any] = {}
    for name in cls.model_fields:
        value = attributes.get(name)
        if value is None:
            continue
        if name in json_names:
            try:
                value = json.loads(value)
            except (TypeError, ValueError, RecursionError):
                raise FileFormatError(
                    f"{source}: attribute '{name}'", got="no valid JSON", expected="a JSON text"
                ) from None
        values[name] = value.item() if isinstance(value, np.generic) else value
    return parse_config(cls, values, source=source, error=FileFormatError)
