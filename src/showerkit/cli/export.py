"""``showerkit export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import model_completion
from showerkit.cli.quiet_option import Quiet


def export(
    model: Annotated[
        str,
        typer.Argument(
            help="A run directory, a model file or a shipped model's name.", autocompletion=model_completion
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, ending in .onnx.")],
    solver: Annotated[
        str | None,
        typer.Option(
            help="Of a flow: the method that the file follows it by, euler, midpoint, heun, rk4 or"
            " adams-bashforth.  [default: the model's own]"
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Of a flow: number of steps.  [default: the model's own]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a trained model as one ONNX file that describes itself and runs in C++.

    \b
    Example:
      showerkit export zdc-ecal-gan -o electrons.onnx
      showerkit export runs/zdc-flow --solver heun --steps 2 -o flow.onnx
      showerkit generate electrons.onnx -n 1000 -o fast.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.export import export as export_model

    with rich_progress(quiet=quiet) as progress:
        file = export_model(model, output, solver=solver, steps=steps, overwrite=overwrite, progress=progress)
    typer.echo(str(file))
