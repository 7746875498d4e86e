"""``showerkit detectors``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def detectors(
    detector: Annotated[
        str | None,
        typer.Argument(help="A shipped detector's name, a YAML file or a GDML file, to be described."),
    ] = None,
    gdml: Annotated[
        Path | None,
        typer.Option("--gdml", help="Write the detector as a GDML file, with the YAML file that reads it."),
    ] = None,
) -> None:
    """List the shipped detectors, describe one, or write one as GDML.

    \b
    Example:
      showerkit detectors
      showerkit detectors zdc-ecal
      showerkit detectors zdc-ecal --gdml zdc.gdml
    """
    from showerkit.geometry import describe, detector_names, load_detector

    if gdml is not None:
        if detector is None:
            raise typer.BadParameter("name the detector to write", param_hint="'--gdml'")
        from showerkit.geometry.gdml_file import write_gdml

        for file in write_gdml(load_detector(detector), gdml):
            typer.echo(str(file))
        return
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
