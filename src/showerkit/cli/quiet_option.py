"""The option by which verbs that take long are told to be silent."""

from __future__ import annotations

from typing import Annotated

import typer

Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Neither progress nor notes; results, warnings and errors alone."),
]
