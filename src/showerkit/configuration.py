"""Typed, frozen, validated configurations read from YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from showerkit.bounded_yaml import MOST_BYTES, parse_yaml
from showerkit.errors import ConfigurationError, ShowerkitError, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping


class StrictConfig(BaseModel):
    """Base of every configuration: frozen, and an unknown key is an error.

    Examples
    --------
    >>> class Magnet(StrictConfig):
    ...     field_t: float = 1.5
    >>> Magnet(field_t=3.0)
    Magnet(field_t=3.0)
    >>> try:
    ...     parse_config(Magnet, {"field": 3.0}, source="magnet.yaml")
    ... except ConfigurationError as error:
    ...     print(error)
    magnet.yaml: unknown key 'field'; to mend: did you mean 'field_t'?
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


ConfigT = TypeVar("ConfigT", bound=StrictConfig)


def parse_config(
    cls: type[ConfigT],
    values: Mapping[str, Any],
    *,
    source: str,
    error: type[ShowerkitError] = ConfigurationError,
) -> ConfigT:
    """Validate a mapping into a configuration, or raise one line that names the field.

    Parameters
    ----------
    cls
        The configuration class.
    values
        The raw values.
    source
        Where they come from (a file's name), for the message.
    error
        The error class to raise.

    Returns
    -------
    StrictConfig
        The validated configuration.

    Raises
    ------
    ShowerkitError
        Of class `error`, for the first field that is wrong; an unknown key names the nearest known one.
    """
    try:
        return cls.model_validate(values)
    except ValidationError as invalid:
        raise _first_line(cls, invalid, source, error) from None


def load_yaml(
    path: Path | str,
    *,
    error: type[ShowerkitError] = ConfigurationError,
) -> dict[str, Any]:
    """Read a YAML file that holds one mapping, without executing anything from it.

    Raises
    ------
    ShowerkitError
        Of class `error`, if the file is missing, is no YAML, or holds no mapping.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8")
    except OSError as missing:
        raise error(f"{path}", got=missing.strerror, expected="a readable YAML file") from None
    except UnicodeDecodeError:
        raise error(f"{path}", got="bytes that are no UTF-8 text", expected="a YAML file") from None
    except ValueError:
        raise error(f"{path}", got="a name that no file can have", expected="a readable YAML file") from None
    try:
        values = parse_yaml(text)
    except ValueError as broken:
        raise error(f"{path}", got=" ".join(str(broken).split()), expected="a YAML mapping") from None
    if not isinstance(values, dict):
        raise error(f"{path}", got=type(values).__name__, expected="a YAML mapping of keys to values")
    return values


def is_a_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have, such as one too long, is none.

    Examples
    --------
    >>> is_a_file(Path("x" * 10_000))
    False
    """
    try:
        return path.is_file()
    except OSError:
        return False


def _first_line(
    cls: type[BaseModel], invalid: ValidationError, source: str, error: type[ShowerkitError]
) -> ShowerkitError:
    """Turn pydantic's report into one line about its first entry."""
    entries = invalid.errors(include_url=False)
    entry = next((e for e in entries if e["type"] == "extra_forbidden"), entries[0])
    location = _location(cls, entry["loc"])
    others = len({_location(cls, e["loc"]) for e in entries} - {location})
    more = f" (and {others} more)" if others else ""
    if entry["type"] == "union_tag_invalid":
        expected = entry["ctx"]["expected_tags"]
        known = [tag.strip(" '") for tag in expected.split(",")]
        tag = str(entry["ctx"]["tag"])
        return error(f"{source}: '{location}.kind'{more}", got=repr(tag), mend=suggest(tag, known))
    if entry["type"] == "union_tag_not_found" and isinstance(entry["input"], dict):
        return error(f"{source}: key '{location}.kind' is missing{more}", mend=f"add '{location}.kind'")
    if entry["type"] == "extra_forbidden":
        known = _fields_at(cls, entry["loc"][:-1])
        mend = suggest(str(entry["loc"][-1]), known) if known else None
        return error(f"{source}: unknown key '{location}'{more}", mend=mend)
    if entry["type"] == "missing":
        return error(f"{source}: key '{location}' is missing{more}", mend=f"add '{location}'")
    got = entry["input"]
    shown = repr(got) if isinstance(got, str | int | float | bool | list | tuple) else type(got).__name__
    if len(shown) > 80:
        shown = shown[:77] + "..."
    message = entry["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if entry["type"] == "union_tag_not_found":
        message = "a section with a key 'kind'"
    if entry["type"] == "value_error" and isinstance(got, dict):
        # A rule over several fields names them itself.
        return error(f"{source}: '{location}'{more}" if location else f"{source}{more}", expected=message)
    return error(f"{source}: '{location}'{more}", got=shown, expected=message)


def _location(cls: type[BaseModel], parts: tuple[int | str, ...]) -> str:
    """Name a field, without what pydantic adds for the members of a union such as ``float | Range``."""
    parts = _walk(cls, parts)[0]
    first, rest = parts[:1], parts[1:]
    return ".".join(str(part) for part in (*first, *(p for p in rest if not _names_a_type(p))))


def _names_a_type(part: int | str) -> bool:
    return isinstance(part, str) and (part in ("bool", "float", "int", "str") or part.startswith("tuple["))


def _fields_at(cls: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """List the field names of the model that lies at a location inside another model."""
    models = _walk(cls, location)[1]
    return sorted(models[0].model_fields) if models else []


def _walk(
    cls: type[BaseModel], location: tuple[int | str, ...]
) -> tuple[tuple[int | str, ...], list[type[BaseModel]]]:
    """Follow a location: its parts without the kinds that choose among models, and the models there."""
    parts: list[int | str] = []
    models: list[type[BaseModel]] = [cls]
    for part in location:
        chosen = [model for model in models if part in _kinds(model)] if len(models) > 1 else []
        if chosen:
            models = chosen
            continue
        parts.append(part)
        if isinstance(part, int):
            continue
        fields = models[0].model_fields if models else {}
        models = _models_in(fields[part].annotation) if part in fields else []
    return tuple(parts), models


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    """Values of the field ``kind`` by which a model is chosen."""
    kind = model.model_fields.get("kind")
    return () if kind is None else get_args(kind.annotation)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Find the model classes inside an annotation such as ``tuple[Layer, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
