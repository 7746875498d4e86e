"""``showerkit compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.quiet_option import Quiet


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Markdown file to write; figures go beside it.")
    ],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Runs compared",
    quiet: Quiet = False,
) -> None:
    """Write one results page about several runs, each beside the Geant4 floor.

    The page holds the key figures, what each choice did (a recipe beside the one that it is derived from),
    several seeds of a recipe, what the ZDC reports found held against the runs, and the trainings: losses of
    both stages, learning-rate cycles, time and showers seen.

    \b
    Example:
      showerkit run regression-w1 -o runs/w1 --data samples
      showerkit run regression -o runs/w200 --data samples
      showerkit compare runs/w1 runs/w200 -o loss-weights.md
      showerkit compare runs/default runs/test-* -o named-tests.md --title "Named tests"
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.compare import compare as write_page

    with rich_progress(quiet=quiet) as progress:
        page = write_page(runs, output, title=title, progress=progress)
    typer.echo(str(page))
