"""``showerkit validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def validate(
    file: Annotated[
        Path, typer.Argument(help="Showers (file or folder of shards), jets or energies.", metavar="FILE")
    ],
) -> None:
    """List what is wrong with a file of showers, jets or energies; exit code 0 if nothing is, else 2.

    \b
    Example:
      showerkit validate electrons.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.validate import validate as find_violations

    with rich_progress() as progress:
        found = find_violations(file, progress=progress)
    if not found:
        typer.echo(f"{file}: valid")
        return
    for violation in found:
        typer.echo(violation)
    raise typer.Exit(2)
