"""``showerkit recipes``."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import typer

from showerkit.cli.completion import recipe_completion
from showerkit.cli.listing import AsJson


def recipes(
    recipe: Annotated[
        str | None,
        typer.Argument(help="A shipped recipe, to be printed.", autocompletion=recipe_completion),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the shipped recipes, or print one as the beginning of an own.

    \b
    Example:
      showerkit recipes
      showerkit recipes demo > mine.yaml
      showerkit recipes --json
    """
    from showerkit.cli.listing import print_columns, print_json
    from showerkit.train.shipped_recipes import shipped_recipes
    from showerkit.workflow.recipe import find_recipe, load_recipe

    if recipe is not None:
        if as_json:
            print_json(load_recipe(recipe).model_dump(mode="json"))
        else:
            typer.echo(find_recipe(recipe).read_text(encoding="utf-8").rstrip())
        return
    rows = [
        (file.parent.name, name, load_recipe(name).description) for name, file in shipped_recipes().items()
    ]
    if as_json:
        print_json([dict(zip(("group", "name", "description"), row, strict=True)) for row in rows])
        return
    for number, (group, members) in enumerate(groupby(rows, key=lambda row: row[0])):
        typer.echo(f"{'' if number == 0 else chr(10)}{group}")
        print_columns([row[1:] for row in members], indent="  ")
