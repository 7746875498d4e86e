r"""The rank among calibration scores that bounds the score of a further event.

Of n scores the one of rank :math:`k = \lceil (n + 1) c \rceil` bounds the score of a further event of the
same law with a probability of at least c, exactly k/(n + 1) if scores are continuous: for every n and every
model, right or wrong.

Source: V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, Springer 2005.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


def conformal_rank(n: int, coverage: float) -> int:
    r"""Compute :math:`\lceil (n + 1) c \rceil`, exactly for the decimal number that c is written as.

    Parameters
    ----------
    n
        Number of calibration scores.
    coverage
        Coverage c in (0, 1).

    Returns
    -------
    int
        The rank; n + 1 if there are too few scores to bound another one.

    Raises
    ------
    ConfigurationError
        If the coverage is not between 0 and 1.

    Examples
    --------
    >>> conformal_rank(99, 0.68), conformal_rank(9, 0.9), conformal_rank(9, 0.95)
    (68, 9, 10)
    """
    if not 0.0 < coverage < 1.0:
        raise ConfigurationError("coverage", got=coverage, expected="a number between 0 and 1")
    return math.ceil((n + 1) * Fraction(repr(float(coverage))))


def conformal_quantile(scores: FloatArray, coverage: float) -> float:
    """Find the score that bounds the score of a further event with the given probability.

    Parameters
    ----------
    scores
        Scores of the calibration events, shape (n,).
    coverage
        Coverage in (0, 1).

    Returns
    -------
    float
        The score of rank `conformal_rank`; infinite if there are too few.

    Examples
    --------
    >>> conformal_quantile(np.arange(1.0, 10.0), 0.9)
    9.0
    >>> conformal_quantile(np.arange(1.0, 10.0), 0.95)
    inf
    """
    rank = conformal_rank(len(scores), coverage)
    if rank > len(scores):
        return math.inf
    return float(np.partition(scores, rank - 1)[rank - 1])
