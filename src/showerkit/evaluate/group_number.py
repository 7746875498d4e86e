"""How many groups points fall into: k-means with the gap statistic, silhouettes and stability."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray, IntArray

_SILHOUETTE_POINTS = 1500


@dataclass(frozen=True, eq=False)
class GroupNumber:
    """Figures that speak for one number of groups.

    Parameters
    ----------
    groups
        Number of groups.
    gap, gap_error
        Gap statistic: ln of the scatter within groups, expected without structure less seen, and its error.
    silhouette
        Mean silhouette, -1 to 1 (above 0.5: clear groups; below 0.25: none to speak of); 0 for one group.
    """

    groups: int
    gap: float
    gap_error: float
    silhouette: float


def k_means(
    points: FloatArray, groups: int, random: np.random.Generator, restarts: int = 8
) -> tuple[FloatArray, IntArray, float]:
    """Divide points into groups of least scatter around their means (Lloyd's method, k-means++ starts).

    Parameters
    ----------
    points
        Shape (N, D), N at least `groups`.
    groups
        Number of groups.
    random
        Source of the starts.
    restarts
        Number of starts; the best end is kept.

    Returns
    -------
    centres, group, scatter
        Means (groups, D), group of each point (N,), and the sum of squared distances to the means.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> centres, group, scatter = k_means(points, 2, np.random.default_rng(1))
    >>> sorted(centres[:, 0].round(2).tolist())
    [0.05, 5.05]
    """
    best: tuple[FloatArray, IntArray, float] | None = None
    for _ in range(restarts):
        centres = _spread_starts(points, groups, random)
        group = nearest(points, centres)
        for _ in range(100):
            count = np.bincount(group, minlength=groups)
            sums = np.stack([np.bincount(group, column, minlength=groups) for column in points.T], axis=1)
            filled = count > 0
            centres = np.where(filled[:, None], sums / np.maximum(count, 1)[:, None], centres)
            again = nearest(points, centres)
            if np.array_equal(again, group):
                break
            group = again
        scatter = float(np.square(points - centres[group]).sum())
        if best is None or scatter < best[2]:
            best = (centres, group, scatter)
    if best is None:
        raise ValueError("restarts must be at least 1")
    return best


def nearest(points: FloatArray, centres: FloatArray) -> IntArray:
    """Number of the nearest centre of each point, shape (N,)."""
    distance = np.square(centres).sum(axis=1) - 2.0 * points @ centres.T
    return np.asarray(distance.argmin(axis=1), dtype=np.int64)


def _spread_starts(points: FloatArray, groups: int, random: np.random.Generator) -> FloatArray:
    """First centres, each drawn with the square of its distance to those before (k-means++)."""
    chosen = [points[random.integers(len(points))]]
    distance = np.square(points - chosen[0]).sum(axis=1)
    while len(chosen) < groups:
        total = distance.sum()
        weight = distance / total if total > 0 else None
        chosen.append(points[random.choice(len(points), p=weight)])
        distance = np.minimum(distance, np.square(points - chosen[-1]).sum(axis=1))
    return np.stack(chosen)


def silhouette(points: FloatArray, group: IntArray) -> float:
    """Mean silhouette (P. J. Rousseeuw, 1987): how much nearer points are to their group than to the next.

    Examples
    --------
    >>> points = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> round(silhouette(points, np.array([0, 0, 1, 1])), 2)
    0.98
    """
    from scipy.spatial.distance import cdist

    groups = int(group.max()) + 1
    count = np.bincount(group, minlength=groups)
    if (count > 0).sum() < 2:
        return 0.0
    distance = cdist(points, points)
    sums = np.stack([distance[:, group == k].sum(axis=1) for k in range(groups)], axis=1)
    own = np.arange(len(points)), group
    within = sums[own] / np.maximum(count[group] - 1, 1)
    other = np.where(count > 0, sums / np.maximum(count, 1), np.inf)
    other[own] = np.inf
    between = other.min(axis=1)
    value = (between - within) / np.maximum(np.maximum(within, between), 1.0e-300)
    return float(np.where(count[group] > 1, value, 0.0).mean())


def compare_group_numbers(
    points: FloatArray, most: int, random: np.random.Generator, references: int = 10
) -> list[GroupNumber]:
    r"""Gap statistic and silhouette for 1 to `most` groups.

    .. math:: \mathrm{gap}(k) = \langle \ln W^*_k \rangle - \ln W_k

    with W the scatter within k groups and W* that of as many points uniform in the box of the principal
    axes. Source: R. Tibshirani, G. Walther and T. Hastie, J. R. Stat. Soc. B 63 (2001) 411.

    Parameters
    ----------
    points
        Shape (N, D).
    most
        Largest number of groups.
    random
        Source of randomness.
    references
        Number of uniform samples.

    Returns
    -------
    list
        One `GroupNumber` for each number of groups.
    """
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    uniform = [random.uniform(low, high, turned.shape) for _ in range(references)]
    some = random.permutation(len(points))[:_SILHOUETTE_POINTS]
    numbers = []
    for groups in range(1, most + 1):
        _, group, scatter = k_means(points, groups, random)
        expected = np.log([k_means(sample, groups, random, restarts=2)[2] for sample in uniform])
        gap = float(expected.mean() - np.log(max(scatter, 1.0e-300)))
        error = float(expected.std() * np.sqrt(1.0 + 1.0 / references))
        clear = silhouette(points[some], group[some]) if groups > 1 else 0.0
        numbers.append(GroupNumber(groups, gap, error, clear))
    return numbers


def chosen_number(numbers: list[GroupNumber]) -> int:
    """The smallest number whose gap is within one error of the next one's (Tibshirani's rule).

    Examples
    --------
    >>> gaps = {1: 0.1, 2: 0.9, 3: 0.8}
    >>> chosen_number([GroupNumber(groups, gap, 0.01, 0.5) for groups, gap in gaps.items()])
    2
    """
    for here, after in pairwise(numbers):
        if here.gap >= after.gap - after.gap_error:
            return here.groups
    return numbers[-1].groups
