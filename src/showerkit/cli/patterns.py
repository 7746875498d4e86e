"""``showerkit patterns``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.quiet_option import Quiet


def patterns(
    reference: Annotated[Path, typer.Argument(help="The sample among which patterns are sought.")],
    candidates: Annotated[
        list[Path] | None, typer.Argument(help="Samples whose shares are compared with the reference's.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for patterns.json and the figures.  [default: none]"),
    ] = None,
    groups: Annotated[
        int | None,
        typer.Option(min=1, help="Number of patterns.  [default: chosen by the gap statistic]"),
    ] = None,
    image: Annotated[
        str, typer.Option(help="deposit: cells above the threshold; mask: a model's mask probabilities.")
    ] = "deposit",
    threshold: Annotated[float, typer.Option(help="A cell is hit above this deposit, in MeV.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="The seed.")] = 1,
    quiet: Quiet = False,
) -> None:
    """Find the patterns of hit maps and compare their shares between samples.

    \b
    Example:
      showerkit patterns geant4.h5 generated.h5 -o patterns
      showerkit patterns geant4.h5 --groups 3
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.configuration import parse_config
    from showerkit.evaluate.mask_patterns import PatternConfig
    from showerkit.report.pattern_table import pattern_table
    from showerkit.workflow.patterns import patterns as find_patterns

    values = {"groups": groups, "image": image, "threshold_mev": threshold, "seed": seed}
    config = parse_config(PatternConfig, values, source="patterns")
    with rich_progress(quiet=quiet) as progress:
        report = find_patterns(reference, candidates or (), output, config=config, progress=progress)
    for line in pattern_table(report):
        typer.echo(line)
