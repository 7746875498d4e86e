"""``showerkit tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import recipe_completion
from showerkit.cli.quiet_option import Quiet


def tune(
    recipe: Annotated[
        str, typer.Argument(help="A shipped recipe's name or a YAML file.", autocompletion=recipe_completion)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The study's folder, a new one.")],
    trials: Annotated[
        int, typer.Option("--trials", "-n", min=1, help="Number of trials, those already done included.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", "-d", help="Showers: an HDF5 file or a folder; simulated by the recipe if not given."
        ),
    ] = None,
    space: Annotated[
        str | None,
        typer.Option(
            help="The search space: a YAML file or a shipped name; by default the recipe's section 'tune'."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override one setting in every trial."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="Begin no further trial after so many minutes.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the study that the folder holds.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Look for the settings of a recipe that lead to the lowest validation figure.

    Writes trials.csv, best.yaml (a recipe), importance.json and report.md. Needs Optuna.

    \b
    Example:
      showerkit tune demo --data train.h5 --space space.yaml --trials 30 -o runs/study
      showerkit tune demo --data train.h5 --space space.yaml --trials 60 -o runs/study --resume
      showerkit train runs/study/best.yaml --data train.h5 -o runs/tuned

    \b
    space.yaml:
      parameters:
        training.schedule.max_learning_rate: {kind: float, low: 1.0e-4, high: 1.0e-2, log: true}
        training.batch_size: {kind: int, low: 64, high: 512, log: true}
        model.hidden: {kind: choice, choices: [16, 32, 64]}
      pruning: {kind: median}
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.train.recipe import parse_overrides
    from showerkit.workflow.tune import tune as tune_recipe

    with rich_progress(quiet=quiet) as progress:
        result = tune_recipe(
            recipe,
            output,
            trials=trials,
            data=data,
            space=space,
            overrides=parse_overrides(settings or []),
            timeout_min=timeout,
            resume=resume,
            progress=progress,
        )
    typer.echo(f"best: {result.recipe}")
    typer.echo(f"report: {result.report}")
