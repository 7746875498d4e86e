"""``showerkit profile``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.quiet_option import Quiet


def profile(
    file: Annotated[Path, typer.Argument(help="A shower file or a folder of shards.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for shapes.json and the figures.  [default: none]"),
    ] = None,
    energy_edges: Annotated[
        str | None,
        typer.Option(help="Edges of the energy bins in GeV: 0,5,10,20.  [default: chosen from the sample]"),
    ] = None,
    energy_bins: Annotated[int, typer.Option(min=1, help="Number of energy bins without edges.")] = 8,
    max_theta: Annotated[float, typer.Option(help="Largest angle to the z axis in degrees.")] = 5.0,
    depth_slices: Annotated[
        int, typer.Option(min=1, help="Groups of layers with a transverse profile of their own.")
    ] = 1,
    each_shower: Annotated[
        bool, typer.Option("--each-shower", help="Fit E0 and T0 of every shower as well.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure longitudinal and transverse shapes of showers and fit them.

    \b
    Example:
      showerkit simulate pbwo4-block -n 200 --energy 1,5,20 -o block.h5
      showerkit profile block.h5 -o shapes
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.profile import profile as measure_profile
    from showerkit.workflow.profile import shape_config, shape_table

    config = shape_config(
        energy_edges=energy_edges,
        energy_bins=energy_bins,
        max_theta_deg=max_theta,
        depth_slices=depth_slices,
        each_shower=each_shower,
    )
    with rich_progress(quiet=quiet) as progress:
        shapes = measure_profile(file, output, config=config, progress=progress)
    for line in shape_table(shapes):
        typer.echo(line)
