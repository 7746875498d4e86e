"""How many showers of the full simulation would deviate from the truth as much as a generated sample does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.typing import FloatArray

#: Normal quantile of the limits given at 95 % confidence.
_LIMIT: Final = 1.645
_LARGEST: Final = 1e12
_EXACT_BELOW: Final = 40.0


@dataclass(frozen=True)
class EquivalentSize:
    """A number of showers of the full simulation.

    Parameters
    ----------
    showers
        The number; infinite where the generated sample cannot be told from the full simulation.
    at_least
        Its lower limit at 95 % confidence.
    excess
        The separation power with the statistical part of both samples subtracted.
    excess_error
        Its standard error.
    """

    showers: float
    at_least: float
    excess: float
    excess_error: float


def separation_from_truth(shares: FloatArray, showers: float) -> float:
    r"""Mean separation power of n showers of a distribution from the distribution itself.

    .. math:: S(n) = \frac12 \sum_b (1 - p_b)\, \frac{1}{n}
        E\left[\frac{(k - \mu_b)^2}{k + \mu_b}\right], \qquad k \sim \mathrm{Poisson}(\mu_b = n p_b)

    which is (B - 1) / (4 n) where all B bins are well filled.

    Parameters
    ----------
    shares
        Shares p of the bins, shape (bins,), of sum 1.
    showers
        n.

    Returns
    -------
    float
        S(n).

    Examples
    --------
    >>> round(separation_from_truth(np.full(11, 1 / 11), 1e6) * 1e6, 3)
    2.5
    """
    used = shares[shares > 0.0]
    return float(0.5 * ((1.0 - used) * _poisson_term(used * showers)).sum() / showers)


@lru_cache(maxsize=1)
def _poisson_table() -> tuple[FloatArray, FloatArray]:
    """Logarithms of mu, and E[(k - mu)^2 / (k + mu)] / mu by summing over k."""
    log_mean = np.linspace(math.log(1e-6), math.log(_EXACT_BELOW), 600)
    mean = np.exp(log_mean)[:, None]
    k = np.arange(0, int(_EXACT_BELOW + 12.0 * math.sqrt(_EXACT_BELOW)) + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    probability = np.exp(k * log_mean[:, None] - mean - log_factorial)
    return log_mean, (probability * (k - mean) ** 2 / (k + mean)).sum(axis=1) / mean[:, 0]


def _poisson_term(mean: FloatArray) -> FloatArray:
    """E[(k - mu)^2 / (k + mu)] for Poisson k: 2 mu for few, 1/2 for many."""
    log_mean, over_mean = _poisson_table()
    few = mean * np.interp(np.log(mean), log_mean, over_mean)
    return np.where(mean < _EXACT_BELOW, few, 0.5 + 0.125 / np.maximum(mean, 1.0))


def equivalent_size(
    reference: Sequence[FloatArray], candidate: Sequence[FloatArray], separation_error: float
) -> EquivalentSize:
    r"""Number of showers of the full simulation that deviates as much as a generator does.

    The separation powers S of the candidate's histograms from the reference's are summed. Of them, statistics
    of the two samples explains :math:`\frac14 (B - 1)(1/n_1 + 1/n_2)`, with B the bins that are filled; the
    rest is the generator's own. The number is that n for which n showers of the full simulation would have
    this much separation from infinitely many: `separation_from_truth`. Generating more showers than this
    does not bring one nearer to the truth. A generator that only repeats n showers of the full simulation has
    the number n.

    Parameters
    ----------
    reference, candidate
        Contents of the histograms, shape (bins,) each.
    separation_error
        Standard error of the sum of the separation powers.

    Returns
    -------
    EquivalentSize
        The number and its lower limit.

    Examples
    --------
    >>> true, made = np.array([5e8, 5e8]), np.array([4.9e8, 5.1e8])
    >>> round(equivalent_size([true], [made], 0.0).showers)  # 1 / (4 S), S = 1e-4
    2500
    """
    excess, shares = 0.0, []
    for one, two in zip(reference, candidate, strict=True):
        n_1, n_2 = float(one.sum()), float(two.sum())
        if n_1 <= 0.0 or n_2 <= 0.0:
            continue
        h_1, h_2, filled = one / n_1, two / n_2, (one + two) > 0.0
        terms = (h_1 - h_2)[filled] ** 2 / (h_1 + h_2)[filled]
        noise = 0.25 * max(int(filled.sum()) - 1, 0) * (1.0 / n_1 + 1.0 / n_2)
        excess += 0.5 * float(terms.sum()) - noise
        shares.append(h_1)
    return EquivalentSize(
        showers=_showers_of(shares, excess),
        at_least=_showers_of(shares, excess + _LIMIT * separation_error),
        excess=excess,
        excess_error=separation_error,
    )


def _showers_of(shares: list[FloatArray], separation: float) -> float:
    """Solve S(n) = separation, S falling with n, by halving the interval of log n."""
    if not shares or not separation > 0.0:
        return math.inf
    every = np.concatenate(shares)
    low, high = 0.0, math.log(_LARGEST)
    if separation_from_truth(every, _LARGEST) > separation:
        return math.inf
    for _ in range(50):
        middle = 0.5 * (low + high)
        if separation_from_truth(every, math.exp(middle)) > separation:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))
