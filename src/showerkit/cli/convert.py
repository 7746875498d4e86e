"""``showerkit convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.quiet_option import Quiet


def convert(
    file: Annotated[
        Path, typer.Argument(help="File of showers, or a folder of such files; its form is found by itself.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="Form to write: showerkit, calochallenge, par04, showerdata, ntuple (a ROOT tree) or "
            "rntuple.  [default: ntuple for names that end in .root, showerkit for .h5 and .hdf5]"
        ),
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(help="Detector whose cells the file holds, a shipped name or a YAML file."),
    ] = None,
    geometry: Annotated[
        str | None,
        typer.Option(
            help="Voxels that a file of the CaloChallenge or of Par04 holds, or that the cells of a shower "
            "file stand for: a shipped name, a YAML file or the challenge's XML.  "
            "[default: guessed by their number]"
        ),
    ] = None,
    readout: Annotated[
        str | None,
        typer.Option(
            help="Readout to take from an EDM4hep file, a shipped name or a YAML file.  "
            "[default: the shipped one that the file has]"
        ),
    ] = None,
    particle: Annotated[
        str | None, typer.Option(help="The incident particle, such as e-, where a file does not say it.")
    ] = None,
    primary: Annotated[
        str | None,
        typer.Option(
            help="Which primary particle of an EDM4hep event made the shower: only (there must be one), "
            "first or most-energetic.  [default: only]"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="What made the showers of a foreign file: geant4 or model.  [default: geant4]"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Convert showers between showerkit's files and those of other projects.

    Read are files of showerkit, the CaloChallenge, Geant4's Par04 (LEMURS, too) and showerdata (HDF5), of
    EDM4hep as npsim and ddsim write them, and ntuples (ROOT); all but EDM4hep are written, too. What another
    form has no place for is kept in the file beside, so that it can be converted back without loss.

    \b
    Example:
      showerkit convert showers.h5 -o showers.root
      showerkit convert showers.h5 --to calochallenge -o showers.hdf5
      showerkit convert dataset_2_1.hdf5 -o electrons.h5
      showerkit convert npsim.edm4hep.root --readout epic-zdc-ecal -o zdc.h5
      showerkit convert clouds.h5 --detector mine.yaml -o showers.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.configuration import parse_config
    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.workflow.convert import convert as convert_file

    given = {
        "detector": detector,
        "geometry": geometry,
        "readout": readout,
        "particle": particle,
        "primary": primary,
        "kind": kind,
    }
    options = parse_config(ForeignOptions, given, source="convert")
    with rich_progress(quiet=quiet) as progress:
        made = convert_file(file, output, to=to, options=options, overwrite=overwrite, progress=progress)
    typer.echo(str(made))
