"""``showerkit detectors``."""

from __future__ import annotations

from typing import Annotated

import typer


def detectors(
    detector: Annotated[
        str | None, typer.Argument(help="A shipped detector's name or a YAML file, to be described.")
    ] = None,
) -> None:
    """List the shipped detectors, or describe one.

    \b
    Example:
      showerkit detectors
      showerkit detectors zdc-ecal
    """
    from showerkit.geometry import describe, detector_names, load_detector

    if detector is not None:
        rows = describe(load_detector(detector))
    else:
        rows = []
        for name in detector_names():
            layers, cells_y, cells_x = (shipped := load_detector(name)).shape
            rows.append((name, f"{layers:2} x {cells_y} x {cells_x} cells  {shipped.title}"))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        typer.echo(f"{name:<{width}}  {value}")
