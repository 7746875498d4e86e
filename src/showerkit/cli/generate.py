"""``showerkit generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import model_completion
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def generate(
    model: Annotated[
        str,
        typer.Argument(
            help="A run directory, a model file, a shipped model's name or an ONNX file.",
            autocompletion=model_completion,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    n: Annotated[
        int | None,
        typer.Option(
            "--number",
            "-n",
            min=1,
            help="Number of showers, jets or images; with --like at most all, the default.",
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(
            "--like", help="Use the incident particles of this shower file, or what jets or images it has."
        ),
    ] = None,
    of_class: Annotated[
        str | None, typer.Option("--class", help="Jets or images of one class alone: t, or 8; with -n.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of everything that is drawn.")] = 1,
    with_mask: Annotated[
        bool,
        typer.Option("--with-mask", help="Write the probability of a hit for each cell of showers, too."),
    ] = False,
    allow_out_of_range: Annotated[
        bool,
        typer.Option("--allow-out-of-range", help="Warn about unusual particles or jets, do not refuse."),
    ] = False,
    solver: Annotated[
        str | None,
        typer.Option(
            "--solver",
            help="Of a flow: euler, midpoint, heun, rk4, adams-bashforth or dormand-prince, not its own.",
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Of a flow: steps of the solver, not its own number.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make showers, jets or sparse images with a trained model.

    \b
    Example:
      showerkit generate runs/first -n 1000 -o fast.h5
      showerkit generate runs/first --like geant4.h5 -o fast.h5
      showerkit generate runs/gluons -n 50000 -o jets.h5
      showerkit generate runs/mixed -n 50000 --class t -o tops.h5
      showerkit generate runs/flow --like geant4.h5 --solver heun --steps 4 -o fast.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.generate import generate as generate_showers

    with rich_progress(quiet=quiet) as progress:
        file = generate_showers(
            model,
            output,
            n=n,
            like=like,
            of_class=of_class,
            seed=seed,
            with_mask=with_mask,
            allow_out_of_range=allow_out_of_range,
            solver=solver,
            steps=steps,
            overwrite=overwrite,
            progress=progress,
        )
    typer.echo(str(file))
    tell_next("showerkit evaluate TRUE.h5 {} -o report, or showerkit view {}", file, file, quiet=quiet)
