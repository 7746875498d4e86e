"""YAML of bounded size: no code, no references that grow without end, no nesting without end."""

from __future__ import annotations

import re
from typing import Any, Final

#: More bytes, values (with all references written out) or levels than any description has.
MOST_BYTES: Final = 1_000_000
_MOST_VALUES: Final = 1_000_000
_MOST_LEVELS: Final = 50


def parse_yaml(text: str) -> Any:
    """Read a YAML text into plain values.

    Parameters
    ----------
    text
        The text.

    Returns
    -------
    object
        Mappings, lists, texts, numbers, truth values, dates or None.

    Raises
    ------
    ValueError
        In one line, if it is no YAML, asks for anything but plain values, or is longer, deeper or, with its
        references written out, larger than a description can be.

    Examples
    --------
    >>> parse_yaml("{a: [1, 2.5], b: null}")
    {'a': [1, 2.5], 'b': None}
    >>> parse_yaml("a: !!python/object/apply:os.system ['true']")
    Traceback (most recent call last):
    ValueError: no valid YAML (could not determine a constructor for the tag ...
    >>> parse_yaml("a: " + chr(0))
    Traceback (most recent call last):
    ValueError: no valid YAML (unacceptable character #x0000: special characters are not allowed ...
    >>> parse_yaml("a: &a [*a]")
    Traceback (most recent call last):
    ValueError: a value that holds itself
    """
    import yaml

    if len(text) > MOST_BYTES:
        raise ValueError(f"{len(text)} characters")
    _check_brackets(text)
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None
        _measure(root, {})
        return loader.construct_document(root)
    except RecursionError:
        raise ValueError("YAML nested too deeply") from None
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, OverflowError) as broken:
        # What is no YAML error is a value of another form than its tag needs.
        raise ValueError(f"no valid YAML ({' '.join(str(broken).split())})") from None
    finally:
        if loader is not None:
            loader.dispose()


def _check_brackets(text: str) -> None:
    """Refuse brackets in brackets before the library looks at them, which takes it long."""
    levels = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        levels = levels + 1 if bracket in "[{" else max(0, levels - 1)
        if levels > 20 * _MOST_LEVELS:
            raise ValueError("YAML nested too deeply")


def _measure(node: Any, measured: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Count the values and the levels under a node, with all references written out."""
    if id(node) in measured:
        known = measured[id(node)]
        if known is None:
            raise ValueError("a value that holds itself")
        return known
    measured[id(node)] = None
    count, levels = 1, 1
    if isinstance(node.value, list):
        for entry in node.value:
            for inner in entry if isinstance(entry, tuple) else (entry,):
                more, deeper = _measure(inner, measured)
                count, levels = count + more, max(levels, deeper + 1)
    if count > _MOST_VALUES:
        raise ValueError(f"references that stand for more than {_MOST_VALUES} values")
    if levels > _MOST_LEVELS:
        raise ValueError("YAML nested too deeply")
    measured[id(node)] = count, levels
    return count, levels
