"""Exclusive kT clustering with winner-take-all recombination, of many jets at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray, IntArray


def squared_angle(particles: FloatArray, others: FloatArray) -> FloatArray:
    """Squared distance in (eta, phi), round the circle in phi; infinite where the other has no pT.

    Parameters
    ----------
    particles, others
        eta, phi and pT, shapes (..., 3) that broadcast.

    Returns
    -------
    numpy.ndarray
        Squared distances, shape (...).

    Examples
    --------
    >>> float(squared_angle(np.array([0.0, 0.0, 1.0]), np.array([0.3, 0.4, 1.0])).round(6))
    0.25
    """
    angle = np.abs(particles[..., 1] - others[..., 1])
    angle = np.pi - np.abs(angle - np.pi)
    squared = (particles[..., 0] - others[..., 0]) ** 2 + angle**2
    return np.where(others[..., 2] > 0.0, squared, np.inf)


class KtClusters:
    r"""Clusters of many jets that merge in pairs until few are left.

    The next pair is that with the least

    .. math:: d_{ij} = \min(p_{Ti}, p_{Tj})^2 \Delta R_{ij}^2

    and becomes a cluster with the sum of both pT and the direction of the harder. Each cluster knows its
    nearest partner (M. Cacciari and G. Salam, Phys. Lett. B 641 (2006) 57), so that a merging costs P
    distances, not P^2.

    Parameters
    ----------
    cloud
        eta, phi and pT of each particle, shape (N, P, 3); one without pT is none.

    Examples
    --------
    >>> clusters = KtClusters(np.array([[[0.0, 0.0, 3.0], [0.1, 0.0, 1.0], [0.9, 0.0, 2.0]]]))
    >>> clusters.merge_to(2)
    >>> clusters.hardest(2).tolist()
    [[[0.0, 0.0, 4.0], [0.9, 0.0, 2.0]]]
    """

    def __init__(self, cloud: FloatArray) -> None:
        self._cluster = cloud.copy()
        self._left: IntArray = (cloud[..., 2] > 0.0).sum(axis=1)
        place = np.arange(cloud.shape[1])
        self._distance = self._distances(cloud[:, :, None, :], cloud[:, None, :, :])
        self._distance[:, place, place] = np.inf
        self._partner = self._distance.argmin(axis=2)
        self._nearest = np.take_along_axis(self._distance, self._partner[..., None], axis=2)[..., 0]

    @staticmethod
    def _distances(one: FloatArray, two: FloatArray) -> FloatArray:
        """Return d_ij, infinite where a cluster has no pT."""
        softer = np.minimum(one[..., 2], two[..., 2]) ** 2
        angle = squared_angle(one, two)
        far = np.full(softer.shape, np.inf)
        return np.asarray(np.multiply(softer, angle, out=far, where=softer > 0.0))

    def hardest(self, n: int) -> FloatArray:
        """Return the n hardest clusters, shape (N, n, 3), without pT where there are fewer."""
        order = np.argsort(-self._cluster[..., 2], axis=1, kind="stable")[:, :n]
        return np.asarray(np.take_along_axis(self._cluster, order[..., None], axis=1))

    def merge_to(self, n: int) -> None:
        """Merge nearest pairs until no jet has more than n clusters."""
        jets = np.flatnonzero(self._left > n)
        while len(jets):
            one = self._nearest[jets].argmin(axis=1)
            two = self._partner[jets, one]
            is_softer = self._cluster[jets, one, 2] < self._cluster[jets, two, 2]
            self._merge(jets, np.where(is_softer, two, one), np.where(is_softer, one, two))
            jets = jets[self._left[jets] > n]

    def _merge(self, jets: IntArray, kept: IntArray, gone: IntArray) -> None:
        """Merge cluster `gone` into the harder cluster `kept` of each jet."""
        cluster, distance, partner, nearest = self._cluster, self._distance, self._partner, self._nearest
        cluster[jets, kept, 2] += cluster[jets, gone, 2]
        cluster[jets, gone] = 0.0
        self._left[jets] -= 1
        new = self._distances(cluster[jets, kept][:, None, :], cluster[jets])
        new[np.arange(len(jets)), kept] = np.inf
        distance[jets, kept, :] = distance[jets, :, kept] = new
        distance[jets, gone, :] = distance[jets, :, gone] = np.inf
        nearest[jets, gone] = np.inf

        partners = partner[jets]
        closer = new < nearest[jets]
        lost = (partners == kept[:, None]) | (partners == gone[:, None])
        lost[np.arange(len(jets)), kept] = True
        lost &= cluster[jets, :, 2] > 0.0
        row, place = np.nonzero(closer & ~lost)
        partner[jets[row], place] = kept[row]
        nearest[jets[row], place] = new[row, place]
        row, place = np.nonzero(lost)
        again = distance[jets[row], place]
        found = again.argmin(axis=1)
        partner[jets[row], place] = found
        nearest[jets[row], place] = again[np.arange(len(row)), found]
