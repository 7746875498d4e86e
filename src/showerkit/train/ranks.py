"""Which of the processes that train together this one is."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Ranks:
    """The processes that train together, and which one this is.

    Parameters
    ----------
    rank, number
        This one, from 0, and how many there are. The first one keeps states, tables and the model.
    address, port
        Where the first one is found.
    """

    rank: int = 0
    number: int = 1
    address: str = "127.0.0.1"
    port: int = 0


_ALONE: Final = Ranks()
_PRESENT: Final[ContextVar[Ranks]] = ContextVar("ranks", default=_ALONE)


class RankFinishedError(Exception):
    """All that a process other than the first has to do for a training is done."""


def present_ranks() -> Ranks:
    """Tell which one this process is; by default it is alone.

    Examples
    --------
    >>> present_ranks().rank, present_ranks().number
    (0, 1)
    """
    return _PRESENT.get()


@contextmanager
def taking_part(ranks: Ranks) -> Iterator[None]:
    """Be one of the processes that train together."""
    token = _PRESENT.set(ranks)
    try:
        yield
    finally:
        _PRESENT.reset(token)
