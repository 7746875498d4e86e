"""``showerkit export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[str, typer.Argument(help="A run directory, a model file or a shipped model's name.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, ending in .onnx.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a trained model as one ONNX file that describes itself and runs in C++.

    \b
    Example:
      showerkit export zdc-ecal-gan -o electrons.onnx
      showerkit generate electrons.onnx -n 1000 -o fast.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.export import export as export_model

    with rich_progress() as progress:
        file = export_model(model, output, overwrite=overwrite, progress=progress)
    typer.echo(f"exported: {file}")
