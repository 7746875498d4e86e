"""How often splines of a few numbers a shower see their showers."""

from __future__ import annotations

from typing import Final

#: Optimiser steps that are enough, and passes at least and at most.
_STEPS: Final = 1000
_FEWEST, _MOST = 4, 30


def passes(batches: int) -> int:
    """Give the number of passes over so many batches of 1024 showers.

    Examples
    --------
    >>> [passes(batches) for batches in (1, 88, 489)]
    [30, 12, 4]
    """
    return min(max(-(-_STEPS // batches), _FEWEST), _MOST)
