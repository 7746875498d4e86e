"""``showerkit models``."""

from __future__ import annotations

import typer


def models() -> None:
    """List the trained models that are shipped.

    \b
    Example:
      showerkit models
    """
    from showerkit.train.model_store import shipped_models

    shipped = shipped_models()
    if not shipped:
        typer.echo("no models are shipped with this version; train one with 'showerkit train'")
    for model in shipped.values():
        typer.echo(f"{model.name:<28} {model.summary}".rstrip())
