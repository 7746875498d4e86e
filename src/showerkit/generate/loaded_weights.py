"""Weights of a file that may not be those of the network that it describes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from showerkit.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def loading_weights(name: str) -> Iterator[None]:
    """Say in one line that weights do not fit their network.

    Parameters
    ----------
    name
        Name of the model.

    Raises
    ------
    CheckpointError
        Where torch finds other weights than the network has.
    """
    try:
        yield
    except RuntimeError as misfit:
        raise CheckpointError(
            f"weights of model '{name}'",
            got=" ".join(str(misfit).split())[:160],
            expected="those of the network that the file describes",
        ) from None
