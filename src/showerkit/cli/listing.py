"""Lists of what there is: columns for people, JSON for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def print_columns(rows: Iterable[tuple[str, ...]], *, indent: str = "") -> None:
    """Print rows whose columns begin below each other.

    Parameters
    ----------
    rows
        Texts of equal number.
    indent
        What stands before each row.

    Examples
    --------
    >>> print_columns([("a", "1 x 1", "small"), ("long", "20 x 20", "large")])
    a     1 x 1    small
    long  20 x 20  large
    """
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (f"{text:<{width}}" for text, width in zip(row, widths, strict=True))
        typer.echo((indent + "  ".join(cells)).rstrip())


def print_json(value: Any) -> None:
    """Print a value of lists, dictionaries, texts and numbers as JSON.

    Examples
    --------
    >>> print_json({"name": "zdc-ecal"})
    {
      "name": "zdc-ecal"
    }
    """
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
