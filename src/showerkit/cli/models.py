"""``showerkit models``."""

from __future__ import annotations

from typing import Annotated

import typer

from showerkit.cli.completion import model_completion
from showerkit.cli.listing import AsJson


def models(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A shipped model whose card is printed: what it is valid for, and how good it is.",
            autocompletion=model_completion,
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the trained models that are shipped, or print the card of one.

    \b
    Example:
      showerkit models
      showerkit models zdc-ecal-flow
      showerkit models --json
    """
    from showerkit.cli.listing import print_columns, print_json
    from showerkit.train.model_store import shipped_model, shipped_models

    if model is not None:
        one = shipped_model(model)
        if as_json:
            print_json(
                {"name": one.name, "description": one.summary, "file": str(one.path), "card": one.card}
            )
        else:
            typer.echo(one.card.rstrip())
        return
    shipped = shipped_models().values()
    if as_json:
        print_json([{"name": one.name, "description": one.summary, "file": str(one.path)} for one in shipped])
        return
    print_columns([(one.name, one.summary.removesuffix(".")) for one in shipped])
