"""``showerkit doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from showerkit.cli.listing import AsJson
from showerkit.cli.quiet_option import Quiet

if TYPE_CHECKING:
    from showerkit.workflow.findings import Diagnosis


def doctor(
    sets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Data sets to download, or 'all'; by default those that showerkit uses.", metavar="[SET]..."
        ),
    ] = None,
    *,
    physics_data: Annotated[
        bool, typer.Option("--physics-data", help="Say which official data sets of Geant4 are there.")
    ] = False,
    download_physics_data: Annotated[
        bool,
        typer.Option("--download-physics-data", help="Download official data sets from Geant4's own site."),
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder for the data sets; by default one in the cache.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Address of a copy of the data sets.", metavar="URL")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what is installed, which Geant4 data are in use, and whether there is a GPU.

    Ends with exit code 0 if everything essential is there, and 1 if not. Only --download-physics-data uses
    the network (G4EMLOW alone has 350 MB); an interrupted download goes on when it is started again.

    \b
    Example:
      showerkit doctor
      showerkit doctor --physics-data
      showerkit doctor --download-physics-data
      showerkit doctor --download-physics-data G4EMLOW G4PARTICLEXS --to geant4-data
    """
    if download_physics_data:
        _download(sets, to, source, quiet=quiet)
        return
    for given, name in ((sets, "SET"), (to, "--to"), (source, "--from")):
        if given:
            raise typer.BadParameter("only with --download-physics-data", param_hint=f"'{name}'")
    if physics_data:
        from showerkit.workflow.physics_data import examine_physics_data

        _show(examine_physics_data(), as_json=as_json)
        return
    from showerkit.workflow.doctor import doctor as examine

    diagnosis = examine()
    _show(diagnosis, as_json=as_json)
    if not diagnosis.healthy:
        typer.echo("Something essential is missing: see the lines marked MISSING.", err=True)
        raise typer.Exit(1)


def _show(diagnosis: Diagnosis, *, as_json: bool) -> None:
    from showerkit.cli.listing import print_columns, print_json

    rows = [(finding.mark, finding.name, finding.detail) for finding in diagnosis.findings]
    if as_json:
        print_json([dict(zip(("mark", "name", "detail"), row, strict=True)) for row in rows])
    else:
        print_columns(rows)


def _download(sets: list[str] | None, to: Path | None, source: str | None, *, quiet: bool) -> None:
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.physics_data import download_physics_data

    with rich_progress(quiet=quiet) as progress:
        folders = download_physics_data(sets or (), to=to, source=source, progress=progress)
    for folder in folders:
        typer.echo(str(folder))
    if to is not None:
        typer.echo(f"To use them: export GEANT4_DATA_DIR={folders[0].parent}", err=True)
