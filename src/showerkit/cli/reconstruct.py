"""``showerkit reconstruct``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reconstruct(
    model: Annotated[
        str, typer.Argument(help="A run directory, a model or baseline file, or a shipped model's name.")
    ],
    file: Annotated[Path, typer.Argument(help="Showers (HDF5 file or folder of shards).", metavar="FILE")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file of energies to write.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Reconstruct the energies of showers, with errors and intervals where the model gives them.

    Judge them with showerkit evaluate, against the file of showers.

    \b
    Example:
      showerkit reconstruct runs/cnn3d electrons.h5 -o cnn3d.h5
      showerkit evaluate electrons.h5 cnn3d.h5 -o report
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.reconstruct import reconstruct as reconstruct_energies

    with rich_progress() as progress:
        energies = reconstruct_energies(model, file, output, overwrite=overwrite, progress=progress)
    typer.echo(f"energies: {energies}")
