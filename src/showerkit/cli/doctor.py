"""``showerkit doctor``."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Say what is installed, which Geant4 data are in use, and whether there is a GPU.

    Ends with exit code 0 if everything essential is there, and 1 if not.

    \b
    Example:
      showerkit doctor
    """
    from showerkit.workflow.doctor import doctor as examine

    diagnosis = examine()
    width = max(len(finding.name) for finding in diagnosis.findings)
    for finding in diagnosis.findings:
        typer.echo(f"{finding.mark:<7} {finding.name:<{width}}  {finding.detail}")
    if not diagnosis.healthy:
        typer.echo("Something essential is missing: see the lines marked MISSING.", err=True)
        raise typer.Exit(1)
