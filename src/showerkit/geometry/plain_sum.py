"""Sums that are the same, to the last digit, with every Python."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain_sum(values: Iterable[float]) -> float:
    """Add numbers from the left to the right.

    From Python 3.12 on `sum` carries what rounding loses. A detector would have other digits there, and the
    models and samples of another Python would not be its own.

    Examples
    --------
    >>> plain_sum([0.1] * 10), plain_sum([])
    (0.9999999999999999, 0.0)
    """
    return reduce(add, values, 0.0)
