"""Distances between the distributions of one observable: separation power and Wasserstein distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from showerkit.typing import FloatArray


def separation_power(first: FloatArray, second: FloatArray) -> FloatArray:
    r"""Separation power of two histograms, as the CaloChallenge uses it.

    .. math:: S = \frac12 \sum_b \frac{(h_1 - h_2)^2}{h_1 + h_2}

    with both histograms normalised to 1: 0 for equal, 1 for disjoint ones. Source: Diefenbacher et al.,
    "DCTRGAN", arXiv:2009.03796.

    Parameters
    ----------
    first, second
        Contents of the two histograms, shape (..., bins).

    Returns
    -------
    numpy.ndarray
        S, shape (...); NaN if a histogram is empty.

    Examples
    --------
    >>> float(separation_power(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0])))
    0.5
    """
    h1, h2 = normalised(first), normalised(second)
    total = h1 + h2
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.where(total == 0.0, 0.0, (h1 - h2) ** 2 / total)
    return np.asarray(0.5 * terms.sum(axis=-1))


def separation_noise(first: FloatArray, second: FloatArray) -> FloatArray:
    """Squared distance of the replicas' difference to the measured one, in the metric of the separation.

    Parameters
    ----------
    first, second
        Contents per replica, shape (R, bins), entry 0 being the measured ones.

    Returns
    -------
    numpy.ndarray
        0.5 sum (d* - d)^2 / (h1 + h2) with d = h1 - h2, shape (R,).
    """
    h1, h2 = normalised(first), normalised(second)
    difference, total = h1 - h2, (h1 + h2)[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.where(total == 0.0, 0.0, (difference - difference[0]) ** 2 / total)
    return np.asarray(0.5 * terms.sum(axis=-1))


def expected_separation(bins_in_use: int, n_first: float, n_second: float) -> float:
    """Separation power to expect from statistics alone.

    For two samples of one distribution, E[S] = (B - 1) / 4 (1 / n1 + 1 / n2) to leading order, for B bins
    in use; it follows from Var(h) = h (1 - h) / n.

    Examples
    --------
    >>> expected_separation(51, 1000, 1000)
    0.025
    """
    return 0.25 * max(bins_in_use - 1, 0) * (1.0 / n_first + 1.0 / n_second)


def normalised(contents: FloatArray) -> FloatArray:
    """Divide histograms by their sums, along the last axis."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(contents / contents.sum(axis=-1, keepdims=True))


def wasserstein_replicas(
    first: FloatArray, second: FloatArray, first_weights: NDArray[Any], second_weights: NDArray[Any]
) -> FloatArray:
    r"""1-D Wasserstein distance of two samples for every replica of weights.

    .. math:: W_1 = \int |F_1(x) - F_2(x)| dx

    Parameters
    ----------
    first, second
        Values, shapes (N1,) and (N2,), in the observable's unit.
    first_weights, second_weights
        Weights, shapes (N1, R) and (N2, R).

    Returns
    -------
    numpy.ndarray
        W1 in the observable's unit, shape (R,); NaN if a sample is empty.

    Examples
    --------
    >>> one, two = np.array([0.0, 1.0]), np.array([3.0, 4.0])
    >>> wasserstein_replicas(one, two, np.ones((2, 1)), np.ones((2, 1))).tolist()
    [3.0]
    """
    replicas = first_weights.shape[1]
    if len(first) == 0 or len(second) == 0:
        return np.full(replicas, np.nan)
    pooled = np.concatenate([first, second])
    order = np.argsort(pooled, kind="stable")
    steps = np.diff(pooled[order])
    distances = np.empty(replicas)
    weight = np.empty(len(pooled))
    for replica in range(replicas):
        one, two = first_weights[:, replica], second_weights[:, replica]
        total_one, total_two = float(one.sum(dtype=np.float64)), float(two.sum(dtype=np.float64))
        if total_one == 0.0 or total_two == 0.0:
            distances[replica] = np.nan
            continue
        np.divide(one, total_one, out=weight[: len(first)])
        np.divide(two, -total_two, out=weight[len(first) :])
        distances[replica] = np.abs(np.cumsum(weight[order])[:-1]) @ steps
    return distances


def binned_wasserstein(first: FloatArray, second: FloatArray, edges: FloatArray) -> FloatArray:
    """1-D Wasserstein distance of two histograms of the same edges, in the unit of the edges.

    Parameters
    ----------
    first, second
        Contents, shape (..., bins).
    edges
        Edges of the bins, shape (bins + 1,).

    Returns
    -------
    numpy.ndarray
        W1, shape (...): exact for samples that sit at the bins' centres.

    Examples
    --------
    >>> edges = np.array([0.0, 1.0, 2.0, 3.0])
    >>> float(binned_wasserstein(np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), edges))
    2.0
    """
    difference = np.cumsum(normalised(first) - normalised(second), axis=-1)[..., :-1]
    return np.asarray(np.abs(difference) @ np.diff(0.5 * (edges[1:] + edges[:-1])))
