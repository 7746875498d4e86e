"""``showerkit detectors``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.completion import detector_completion
from showerkit.cli.listing import AsJson


def detectors(
    detector: Annotated[
        str | None,
        typer.Argument(
            help="A shipped detector's name, a YAML file or a GDML file, to be described.",
            autocompletion=detector_completion,
        ),
    ] = None,
    gdml: Annotated[
        Path | None,
        typer.Option("--gdml", help="Write the detector as a GDML file, with the YAML file that reads it."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the shipped detectors, describe one, or write one as GDML.

    \b
    Example:
      showerkit detectors
      showerkit detectors zdc-ecal
      showerkit detectors zdc-ecal --gdml zdc.gdml
      showerkit detectors zdc-ecal --json
    """
    from showerkit.cli.listing import print_columns, print_json
    from showerkit.geometry import describe, detector_names, load_detector

    if gdml is not None:
        if detector is None:
            raise typer.BadParameter("name the detector to write", param_hint="'--gdml'")
        from showerkit.geometry.gdml_file import write_gdml

        for file in write_gdml(load_detector(detector), gdml):
            typer.echo(str(file))
        return
    if detector is not None:
        described = load_detector(detector)
        if as_json:
            print_json(described.model_dump(mode="json"))
        else:
            print_columns(describe(described))
        return
    shipped = {name: load_detector(name) for name in detector_names()}
    if as_json:
        print_json([{"name": name, "shape": one.shape, "title": one.title} for name, one in shipped.items()])
        return
    print_columns(
        [(name, f"{' x '.join(map(str, one.shape))} cells", one.title) for name, one in shipped.items()]
    )
