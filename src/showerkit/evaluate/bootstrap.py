"""Bootstrap errors: every statistic is computed on Poisson-weighted replicas of the events.

Replica 0 has weight 1 for every event, so that entry 0 of any replica array is the measured value. An
event's weights depend on the seed and its place in the file alone; showers of the same incident
particle in two files thus get the same weights, and errors of their differences know the correlation.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from showerkit.rng import generator
from showerkit.typing import BoolArray, FloatArray, IntArray

_BLOCK: Final = 4096


class BootstrapWeights:
    """Poisson(1) weights of events, of shape (events, 1 + replicas), one byte each.

    Parameters
    ----------
    seed
        Seed of the weights.
    replicas
        Number of replicas besides the measured one.

    Examples
    --------
    >>> weights = BootstrapWeights(seed=1, replicas=3)
    >>> weights.rows(0, 2).shape, weights.rows(0, 2)[:, 0].tolist()
    ((2, 4), [1, 1])
    """

    def __init__(self, seed: int, replicas: int) -> None:
        self.seed = seed
        self.replicas = replicas
        self._blocks: dict[int, NDArray[np.uint8]] = {}

    def _block(self, number: int) -> NDArray[np.uint8]:
        if number not in self._blocks:
            random = generator(self.seed, "bootstrap", number)
            block = np.ones((_BLOCK, 1 + self.replicas), dtype=np.uint8)
            block[:, 1:] = random.poisson(1.0, size=(_BLOCK, self.replicas))
            self._blocks[number] = block
        return self._blocks[number]

    def rows(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Weights of the events at places start to stop, shape (stop - start, 1 + replicas)."""
        if stop <= start:
            return np.empty((0, 1 + self.replicas), dtype=np.uint8)
        first, last = start // _BLOCK, (stop - 1) // _BLOCK
        joined = np.concatenate([self._block(number) for number in range(first, last + 1)])
        return joined[start - first * _BLOCK : stop - first * _BLOCK]


def binned_sums(
    bin_index: IntArray, n_bins: int, weights: NDArray[np.uint8], values: FloatArray | None = None
) -> FloatArray:
    """Sum weights (times values) of events in bins, for every replica.

    Parameters
    ----------
    bin_index
        Bin of each event, shape (N,); events outside [0, n_bins) are left out.
    n_bins
        Number of bins.
    weights
        Bootstrap weights, shape (N, R).
    values
        A value per event, shape (N,), or None to count.

    Returns
    -------
    numpy.ndarray
        Sums, shape (R, n_bins).

    Examples
    --------
    >>> weights = BootstrapWeights(seed=1, replicas=10).rows(0, 3)
    >>> binned_sums(np.array([0, 2, 2]), 3, weights)[0].tolist()
    [1.0, 0.0, 2.0]
    """
    from scipy.sparse import csr_array

    inside = np.flatnonzero((bin_index >= 0) & (bin_index < n_bins))
    data = np.ones(len(inside)) if values is None else np.asarray(values, dtype=np.float64)[inside]
    membership = csr_array((data, (bin_index[inside], inside)), shape=(n_bins, len(weights)))
    return np.asarray((membership @ weights.astype(np.float64)).T)


class WeightedSums:
    """Sums over events of one vector per event, for every replica, filled batch by batch.

    Parameters
    ----------
    replicas
        Number of replicas besides the measured one.
    length
        Length of the vectors.
    """

    def __init__(self, replicas: int, length: int) -> None:
        self.sums = np.zeros((1 + replicas, length))
        self.events = np.zeros(1 + replicas)

    def add(self, weights: NDArray[np.uint8], vectors: FloatArray, valid: BoolArray | None = None) -> None:
        """Add events with weights (n, R) and vectors (n, length); only those that are valid, if given."""
        if valid is not None and not valid.all():
            weights, vectors = weights[valid], vectors[valid]
        as_float = weights.astype(np.float64)
        self.sums += as_float.T @ vectors
        self.events += as_float.sum(axis=0)

    @property
    def mean(self) -> FloatArray:
        """Mean vector per replica, shape (R, length); NaN without events."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.sums / self.events[:, None]


def replica_error(replicas: FloatArray) -> FloatArray:
    """Standard error of entry 0 from the spread of the others, along the first axis.

    Parameters
    ----------
    replicas
        Statistic per replica, shape (R, ...), entry 0 being the measured one.

    Returns
    -------
    numpy.ndarray
        Standard deviation over the finite replicas, NaN where fewer than two are finite.

    Examples
    --------
    >>> float(replica_error(np.array([5.0, 1.0, 2.0, 3.0])))
    1.0
    """
    spread = np.asarray(replicas, dtype=np.float64)[1:]
    finite = np.isfinite(spread)
    n = finite.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, spread, 0.0).sum(axis=0) / n
        squares = np.where(finite, (spread - mean) ** 2, 0.0).sum(axis=0)
        return np.asarray(np.where(n >= 2, np.sqrt(squares / (n - 1)), np.nan))


def quadratic_error(values: FloatArray, noise: FloatArray) -> FloatArray:
    r"""Standard error of a squared distance, free of the bootstrap's bias.

    For a squared distance |d|^2 with Gaussian d of mean mu and covariance S,
    Var |d|^2 = 2 tr S^2 + 4 mu' S mu, whereas replicas d* = d + e scatter with 2 tr S^2 + 4 d' S d, which
    is 4 tr S^2 too large on average. Since Var |d* - d|^2 = 2 tr S^2,

    .. math:: Var = \max(Var^* |d^*|^2 - 2 Var^* |d^* - d|^2, Var^* |d^* - d|^2).

    Parameters
    ----------
    values
        Squared distance per replica, shape (R, ...), entry 0 being the measured one.
    noise
        Squared distance between each replica and entry 0, shape (R, ...).

    Returns
    -------
    numpy.ndarray
        Standard error of entry 0.
    """
    of_values, of_noise = replica_error(values) ** 2, replica_error(noise) ** 2
    return np.asarray(np.sqrt(np.maximum(of_values - 2.0 * of_noise, of_noise)))
