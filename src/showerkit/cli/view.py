"""``showerkit view``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def view(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of showers of one detector (or folders of shards), of jets, or of matched jets; "
            "several are shown side by side.",
            metavar="FILE",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="HTML page to write; a former one is replaced.  [default: the first file's name with "
            ".html, in the current folder]",
        ),
    ] = None,
    events: Annotated[int, typer.Option(help="Events of each file to display.", min=1, max=2000)] = 200,
    threshold: Annotated[
        float, typer.Option(help="A cell is hit where its deposit is above this, in MeV.", min=0.0)
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="The seed by which events are drawn from a file.", min=0)] = 1,
    quiet: Quiet = False,
) -> None:
    """Write an interactive page: single events to turn and hover over, sliders, and histograms that follow.

    The page is one file that needs no network. Of large files it holds a sample.

    \b
    Example:
      showerkit view showers.h5
      showerkit view geant4.h5 surrogate.h5 -o beside.html
      showerkit view jets.h5 --events 500 -o jets.html
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.view import view as write_page

    with rich_progress(quiet=quiet) as progress:
        page = write_page(files, output, events=events, threshold_mev=threshold, seed=seed, progress=progress)
    typer.echo(str(page))
    tell_next("open {} in a browser", page, quiet=quiet)
