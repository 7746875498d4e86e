"""What one may do next, told on a terminal after the last line of a verb."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def tell_next(step: str, *paths: Path | str, quiet: bool = False) -> None:
    """Tell the next step on standard error, if somebody sits there.

    Scripts and logs are spared: nothing is told with `quiet`, or unless both outputs are terminals.

    Parameters
    ----------
    step
        Words with a ``{}`` for each path, such as ``showerkit view {}``.
    paths
        The paths, quoted for the shell where they need it.
    quiet
        Tell nothing.

    Examples
    --------
    >>> tell_next("showerkit view {}", "showers.h5", quiet=True)
    """
    if not quiet and sys.stdout.isatty() and sys.stderr.isatty():
        import shlex

        typer.echo("next: " + step.format(*(shlex.quote(str(path)) for path in paths)), err=True)
