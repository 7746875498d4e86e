"""Precision, recall, density and coverage: whether showers are realistic and of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError
from showerkit.evaluate.pairwise_distance import kth_neighbour_squared_distance, squared_distances
from showerkit.evaluate.two_samples import two_samples
from showerkit.rng import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Estimate:
    """A number and its statistical error."""

    value: float
    error: float


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision, recall, density and coverage of a candidate sample.

    Parameters
    ----------
    precision
        Share of candidate showers within the reference sample's balls: realistic ones.
    recall
        Share of reference showers within the candidate sample's balls: kinds of showers that are made.
    density
        Mean number of reference balls around a candidate shower over k; 1 for equal laws.
    coverage
        Share of reference balls with a candidate shower in them; `expected_coverage` for equal laws.
    neighbours
        k, which sets the radius of the balls.
    reference_showers, candidate_showers
        Numbers of showers used; figures of samples of different size compare badly.
    """

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate
    neighbours: int
    reference_showers: int
    candidate_showers: int


def expected_coverage(reference_showers: int, candidate_showers: int, neighbours: int = 5) -> float:
    r"""Coverage of two samples of the same law, whatever that law is.

    .. math:: 1 - \frac{(N-1) \cdots (N-k)}{(N+M-1) \cdots (N+M-k)}

    since all orders of the distances of N - 1 reference and M candidate showers from one more reference
    shower are equally likely. Source: M. Naeem et al., arXiv:2002.09797.

    Parameters
    ----------
    reference_showers, candidate_showers
        Sizes N and M of the samples.
    neighbours
        k.

    Returns
    -------
    float
        The expectation.

    Examples
    --------
    >>> round(expected_coverage(100_000, 100_000), 3)
    0.969
    """
    steps = np.arange(1, neighbours + 1)
    empty = (reference_showers - steps) / (reference_showers + candidate_showers - steps)
    return float(1.0 - np.prod(empty))


def precision_recall(
    reference: ArrayLike,
    candidate: ArrayLike,
    *,
    neighbours: int = 5,
    max_showers: int = 10_000,
    seed: int = 1,
) -> PrecisionRecall:
    r"""Precision, recall, density and coverage by balls around the showers of each sample.

    A ball around a shower reaches to its k-th nearest neighbour in its own sample. Sources: T.
    Kynkaanniemi et al., arXiv:1904.06991 (precision and recall), and M. Naeem et al., arXiv:2002.09797
    (density and coverage); CaloChallenge, arXiv:2410.21611, uses k = 5 and the logarithms of the cells'
    energies (`log_cells`). Errors are those of independent showers; since the balls overlap, true ones are
    up to about 1.5 times larger.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features).
    neighbours
        k, at least 1.
    max_showers
        Use at most this many showers of each sample, drawn at random; time grows with its square, memory
        does not.
    seed
        Seed of that draw.

    Returns
    -------
    PrecisionRecall
        The four figures with errors.

    Raises
    ------
    ConfigurationError
        If `neighbours` or `max_showers` is out of range.
    DataError
        If a sample is no finite table of more than k showers.

    Examples
    --------
    A candidate that makes one of two kinds of showers has half the recall:

    >>> random = np.random.default_rng(1)
    >>> kinds = np.repeat([0.0, 100.0], 200)[:, None]
    >>> both, one = random.normal(size=(400, 2)) + kinds, random.normal(size=(400, 2))
    >>> result = precision_recall(both, one)
    >>> result.precision.value > 0.9, 0.4 < result.recall.value < 0.5
    (True, True)
    """
    if neighbours < 1:
        raise ConfigurationError("neighbours", got=neighbours, expected="at least 1")
    if max_showers <= neighbours:
        raise ConfigurationError("max_showers", got=max_showers, expected=f"more than {neighbours}")
    first, second = two_samples(reference, candidate, rows=neighbours + 1)
    first = _drawn(first, max_showers, generator(seed, "precision", 0))
    second = _drawn(second, max_showers, generator(seed, "precision", 1))
    radius_1 = kth_neighbour_squared_distance(first, neighbours)
    radius_2 = kth_neighbour_squared_distance(second, neighbours)
    around_candidate = np.zeros(len(second), dtype=np.int64)
    in_ball = np.zeros(len(first), dtype=np.int64)
    recalled = np.zeros(len(first), dtype=np.bool_)
    for part, distance in squared_distances(first, second):
        inside = distance <= radius_1[part, None]
        around_candidate += inside.sum(axis=0)
        in_ball[part] = inside.sum(axis=1)
        recalled[part] = (distance <= radius_2).any(axis=1)
    return PrecisionRecall(
        precision=_share(around_candidate > 0),
        recall=_share(recalled),
        density=_density(around_candidate, in_ball, neighbours),
        coverage=_share(in_ball > 0),
        neighbours=neighbours,
        reference_showers=len(first),
        candidate_showers=len(second),
    )


def _drawn(table: FloatArray, most: int, random: np.random.Generator) -> FloatArray:
    """Draw at most so many rows, in their order."""
    if len(table) <= most:
        return table
    return table[np.sort(random.choice(len(table), most, replace=False))]


def _share(inside: BoolArray) -> Estimate:
    """Share of True, with an error that stays above 0 at shares of 0 and 1 (Agresti and Coull)."""
    n = len(inside)
    near = (inside.sum() + 2.0) / (n + 4.0)
    return Estimate(float(inside.mean()), float(np.sqrt(near * (1.0 - near) / (n + 4.0))))


def _density(around_candidate: IntArray, in_ball: IntArray, neighbours: int) -> Estimate:
    """Mean number of balls around a candidate over k, with the fluctuations of both samples."""
    variance = around_candidate.var(ddof=1) / len(around_candidate) + (
        in_ball.var(ddof=1) / len(in_ball) * (len(in_ball) / len(around_candidate)) ** 2
    )
    return Estimate(float(around_candidate.mean() / neighbours), float(np.sqrt(variance) / neighbours))
