"""Weights of jets in every bootstrap replica, drawn block by block and never held all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from showerkit.evaluate.bootstrap import BootstrapWeights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from showerkit.typing import FloatArray, IntArray

#: Events whose weights are drawn at once, and jets that are looked at at once.
_EVENTS: Final = 4096
_JETS: Final = 8192
#: Drawn weights, one byte each, that are kept for the next time.
_KEPT_BYTES: Final = 64_000_000


class ReplicaWeights:
    """Weights of N jets, times how often the bootstrap drew their events, in R replicas.

    Jets of one event are drawn together, since they share its fluctuations. Replica 0 has the weights
    themselves.

    Parameters
    ----------
    measured
        Weights of the jets, shape (N,).
    event_id
        Numbers of their events, shape (N,).
    seed, replicas
        Seed, and number of replicas besides the measured one.

    Examples
    --------
    >>> weights = ReplicaWeights(np.array([0.5, 1.0]), np.array([7, 7]), seed=1, replicas=10)
    >>> [(rows.tolist(), drawn.shape) for rows, drawn in weights.blocks()]
    [([0, 1], (2, 11))]
    >>> [bool((2 * drawn[0] == drawn[1]).all()) for _, drawn in weights.blocks()]
    [True]
    """

    def __init__(self, measured: FloatArray, event_id: IntArray, *, seed: int, replicas: int) -> None:
        self.measured = np.asarray(measured, dtype=np.float64)
        self.replicas = 1 + replicas
        self._seed = seed
        self._given: NDArray[np.float64] | None = None
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._most_kept = max(1, _KEPT_BYTES // (_EVENTS * self.replicas))
        of_event = np.unique(event_id, return_inverse=True)[1].reshape(-1)
        self._order = np.argsort(of_event, kind="stable")
        self._event = of_event[self._order]

    @classmethod
    def given(cls, weights: NDArray[np.float64]) -> Self:
        """Take weights that are there already, shape (N, R)."""
        n, replicas = weights.shape
        made = cls(weights[:, 0], np.arange(n), seed=0, replicas=replicas - 1)
        made._given = weights
        return made

    def __len__(self) -> int:
        return len(self.measured)

    def blocks(self) -> Iterator[tuple[IntArray, NDArray[np.float64]]]:
        """Go through all jets: numbers of some, shape (n,), and their weights, shape (n, R)."""
        events = int(self._event[-1]) + 1 if len(self._event) else 0
        for start in range(0, events, _EVENTS):
            first, last = np.searchsorted(self._event, [start, start + _EVENTS])
            drawn = self._drawn(start // _EVENTS) if self._given is None else None
            for low in range(int(first), int(last), _JETS):
                chosen = slice(low, min(low + _JETS, int(last)))
                rows = self._order[chosen]
                if drawn is None:
                    yield rows, np.asarray(self._given, dtype=np.float64)[rows]
                else:
                    yield rows, drawn[self._event[chosen] - start] * self.measured[rows, None]

    def _drawn(self, number: int) -> NDArray[np.uint8]:
        if number in self._kept:
            return self._kept[number]
        rows = number * _EVENTS, (number + 1) * _EVENTS
        found = BootstrapWeights(self._seed, self.replicas - 1).rows(*rows)
        if len(self._kept) < self._most_kept:
            self._kept[number] = found
        return found


#: What functions of weighted jets take: weights to be drawn, or an array of shape (N, R).
AnyWeights: TypeAlias = ReplicaWeights | NDArray[np.float64]


def as_replicas(weights: AnyWeights) -> ReplicaWeights:
    """Give weights block by block, however they come."""
    return weights if isinstance(weights, ReplicaWeights) else ReplicaWeights.given(weights)


def replica_sums(
    bins: IntArray, n_bins: int, weights: AnyWeights, columns: Sequence[FloatArray]
) -> list[NDArray[np.float64]]:
    """Sum weights, and weights times each of some columns, in bins and for every replica.

    Parameters
    ----------
    bins, n_bins
        Bin of each jet, shape (N,), and number of bins; jets outside of [0, n_bins) are left out.
    weights
        Weights.
    columns
        Values, shape (N,) each.

    Returns
    -------
    list of numpy.ndarray
        Of the weights alone, then of each column, shape (R, n_bins).

    Examples
    --------
    >>> sums = replica_sums(np.array([0, 1, 1]), 2, np.ones((3, 4)), [np.array([1.0, 2.0, 3.0])])
    >>> [one[0].tolist() for one in sums]
    [[1.0, 2.0], [1.0, 5.0]]
    """
    from scipy.sparse import csr_array

    weights = as_replicas(weights)
    found = [np.zeros((n_bins, weights.replicas)) for _ in range(1 + len(columns))]
    for rows, drawn in weights.blocks():
        place = bins[rows]
        inside = np.flatnonzero((place >= 0) & (place < n_bins))
        where = (place[inside], inside)
        values = [np.ones(len(inside)), *(column[rows[inside]] for column in columns)]
        for total, value in zip(found, values, strict=True):
            total += csr_array((value, where), shape=(n_bins, len(rows))) @ drawn
    return [total.T for total in found]
