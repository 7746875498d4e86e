"""``showerkit run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import recipe_completion
from showerkit.cli.quiet_option import Quiet


def run(
    recipe: Annotated[
        str, typer.Argument(help="A shipped recipe's name or a YAML file.", autocompletion=recipe_completion)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the run.  [default: runs/NAME]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one setting, such as training.epochs=5."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder of samples to share with other runs.  [default: in the run's folder]"
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="Simulation processes.  [default: all cores]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in that folder; finished steps are kept.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run the whole chain of a recipe: simulate, train, generate, evaluate, report.

    \b
    Example:
      showerkit run demo -o runs/demo
      showerkit run zdc/regression --set training.epochs=50 --resume
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.train.recipe import parse_overrides
    from showerkit.workflow.run import run as run_chain

    with rich_progress(quiet=quiet) as progress:
        result = run_chain(
            recipe,
            output,
            data=data,
            overrides=parse_overrides(settings or []),
            workers=workers,
            resume=resume,
            progress=progress,
        )
    for line in result.key_figures():
        typer.echo(line)
    typer.echo(f"results: {result.folder}" if result.report is None else f"report: {result.report}")
