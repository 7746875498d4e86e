"""Histograms of per-event observables, with bins taken from the reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showerkit.evaluate.bootstrap import binned_sums
from showerkit.typing import FloatArray

_TAIL = 0.001


def histogram_edges(reference: FloatArray, bins: int, *, integer: bool = False) -> FloatArray:
    """Choose bin edges over the bulk of the reference (all but 0.1 % on either side, and 5 % more room).

    Parameters
    ----------
    reference
        Values, shape (N,); NaN is left out.
    bins
        Number of bins (at most, for integers, whose bins are whole numbers wide).
    integer
        Whether the values are whole numbers.

    Returns
    -------
    numpy.ndarray
        Edges, shape (at most bins + 1,).

    Examples
    --------
    >>> histogram_edges(np.array([1.0, 2.0, 3.0]), 50, integer=True).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    finite = reference[np.isfinite(reference)]
    if len(finite) == 0:
        return np.array([0.0, 1.0])
    low, high = np.quantile(finite, [_TAIL, 1.0 - _TAIL])
    if integer:
        low, high = np.floor(low), np.ceil(high)
        step = max(1.0, np.ceil((high - low + 1.0) / bins))
        return np.asarray(np.arange(low - 0.5, high + 0.5 + step, step)[: bins + 1])
    room = 0.05 * (high - low)
    if room == 0.0:
        room = max(0.5 * abs(high) * 0.01, 1e-6)
    return np.linspace(low - room, high + room, bins + 1)


def histogram_replicas(values: FloatArray, weights: NDArray[np.uint8], edges: FloatArray) -> FloatArray:
    """Fill a histogram for every replica, with one bin below and one above the edges.

    Parameters
    ----------
    values
        Values, shape (N,); NaN is left out.
    weights
        Bootstrap weights, shape (N, R).
    edges
        Edges of the bins, shape (bins + 1,).

    Returns
    -------
    numpy.ndarray
        Contents, shape (R, bins + 2).

    Examples
    --------
    >>> ones = np.ones((3, 1), dtype=np.uint8)
    >>> histogram_replicas(np.array([0.5, 0.6, 7.0]), ones, np.array([0.0, 1.0, 2.0])).tolist()
    [[0.0, 2.0, 0.0, 1.0]]
    """
    index = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), -1)
    return binned_sums(index.astype(np.int64), len(edges) + 1, weights)
