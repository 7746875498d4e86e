"""``showerkit doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
) -> None:
    """Say what is installed, which Geant4 data are in use, and whether there is a GPU.

    Ends with exit code 0 if everything essential is there, and 1 if not. Only --download-physics-data uses
    the network (G4EMLOW alone has 350 MB); an interrupted download goes on when it is started again.

    \b
    Example:
      showerkit doctor
      showerkit doctor --physics-data
      showerkit doctor --download-physics-data
      showerkit doctor --download-physics-data G4EMLOW G4PARTICLEXS --to /data/geant4
    """
    if download_physics_data:
        _download(sets, to, source)
        return
    for given, name in ((sets, "SET"), (to, "--to"), (source, "--from")):
        if given:
            raise typer.BadParameter("only with --download-physics-data", param_hint=f"'{name}'")
    if physics_data:
        from showerkit.workflow.physics_data import examine_physics_data

        _show(examine_physics_data())
        return
    from showerkit.workflow.doctor import doctor as examine

    diagnosis = examine()
    _show(diagnosis)
    if not diagnosis.healthy:
        typer.echo("Something essential is missing: see the lines marked MISSING.", err=True)
        raise typer.Exit(1)


def _show(diagnosis: Diagnosis) -> None:
    width = max(len(finding.name) for finding in diagnosis.findings)
    for finding in diagnosis.findings:
        typer.echo(f"{finding.mark:<7} {finding.name:<{width}}  {finding.detail}")


def _download(sets: list[str] | None, to: Path | None, source: str | None) -> None:
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.physics_data import download_physics_data

    with rich_progress() as progress:
        folders = download_physics_data(sets or (), to=to, source=source, progress=progress)
    for folder in folders:
        typer.echo(str(folder))
    if to is not None:
        typer.echo(f"To use them: export GEANT4_DATA_DIR={folders[0].parent}", err=True)
