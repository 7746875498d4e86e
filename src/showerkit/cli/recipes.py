"""``showerkit recipes``."""

from __future__ import annotations

import typer


def recipes() -> None:
    """List the shipped recipes, to run by name.

    \b
    Example:
      showerkit recipes
      showerkit run demo -o runs/demo
    """
    from showerkit.workflow.recipe import load_recipe, shipped_recipes

    shipped = shipped_recipes()
    width = max(map(len, shipped))
    for name in shipped:
        typer.echo(f"{name:<{width}}  {load_recipe(name).description}")
