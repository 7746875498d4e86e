"""``showerkit train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import recipe_completion
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def train(
    recipe: Annotated[
        str, typer.Argument(help="A shipped recipe's name or a YAML file.", autocompletion=recipe_completion)
    ],
    data: Annotated[
        Path, typer.Option("--data", "-d", help="Showers, jets or images: an HDF5 file or a folder of them.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The run directory, a new folder.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one setting, such as training.epochs=5."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training that the folder holds.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train the network of a recipe on simulated showers, jets or sparse images.

    \b
    Example:
      showerkit train demo --data train.h5 -o runs/first
      showerkit train jets-g-flow --data gluons.h5 -o runs/gluons
      showerkit train jet-energy-pfn --data jets.h5 -o runs/jet-energy
      showerkit train demo --data train.h5 --set training.epochs=40 -o runs/second
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.train.recipe import parse_overrides
    from showerkit.workflow.train import train as train_recipe

    with rich_progress(quiet=quiet) as progress:
        model = train_recipe(
            recipe,
            data,
            output,
            overrides=parse_overrides(settings or []),
            resume=resume,
            progress=progress,
        )
    typer.echo(str(model))
    tell_next(
        "showerkit generate {} -n 1000 -o generated.h5; of a model of energies: "
        "showerkit reconstruct {} FILE -o energies.h5",
        output,
        output,
        quiet=quiet,
    )
