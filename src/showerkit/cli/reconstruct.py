"""``showerkit reconstruct``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import model_completion
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def reconstruct(
    model: Annotated[
        str,
        typer.Argument(
            help="A run directory, a model or baseline file, or a shipped model's name.",
            autocompletion=model_completion,
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(help="Showers (HDF5 file or folder of shards), or matched jets.", metavar="FILE"),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file of energies, or of calibrated jets, to write.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Reconstruct the energies of showers or jets, with errors and intervals where the model gives them.

    Of matched jets the pT is calibrated; the truth in their file is not looked at. Judge the result with
    showerkit evaluate, against the file of showers or jets.

    \b
    Example:
      showerkit reconstruct runs/cnn3d electrons.h5 -o cnn3d.h5
      showerkit evaluate electrons.h5 cnn3d.h5 -o report
      showerkit reconstruct runs/jet-energy-pfn jets.h5 -o calibrated.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.reconstruct import reconstruct as reconstruct_energies

    with rich_progress(quiet=quiet) as progress:
        energies = reconstruct_energies(model, file, output, overwrite=overwrite, progress=progress)
    typer.echo(str(energies))
    tell_next("showerkit evaluate {} {} -o report", file, energies, quiet=quiet)
