"""Tables in Markdown."""

from __future__ import annotations

from typing import TypeAlias

Grid: TypeAlias = list[list[str]]

#: Stands where a run has no such figure.
NONE = "n/a"


def table(grid: Grid) -> str:
    r"""Write a grid, its first row as the heading.

    Examples
    --------
    >>> print(table([["", "a"], ["run", "1|2"]]))
    |  | a |
    | --- | --- |
    | run | 1\|2 |
    """
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in grid]
    lines.insert(1, "| --- |" + " --- |" * (len(grid[0]) - 1))
    return "\n".join(lines)


def turned(grid: Grid) -> Grid:
    """Turn a grid on its side."""
    return [list(column) for column in zip(*grid, strict=True)]


def collapsed(summary: str, parts: list[str]) -> str:
    """Write a section that a reader opens by its summary."""
    return "\n\n".join(['<details markdown="1">', f"<summary>{summary}</summary>", *parts, "</details>"])
