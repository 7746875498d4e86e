"""Jets of stable particles and jets that a detector saw: which are isolated, which belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity, wrapped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.clustering import FoundJets


def rank_in_event(event: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each jet among those of its event, from 0 on.

    Examples
    --------
    >>> rank_in_event(np.array([0, 0, 2, 2, 2])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(len(event)) - np.searchsorted(event, event)


def transverse(jets: FoundJets) -> NDArray[np.float64]:
    """Transverse momenta in GeV, shape (J,)."""
    return np.hypot(jets.momenta_gev[:, 0], jets.momenta_gev[:, 1])


def distances(one: FoundJets, other: FoundJets, n_events: int) -> NDArray[np.float64]:
    """Distances sqrt(deta^2 + dphi^2) of all pairs of jets of the same event.

    Parameters
    ----------
    one, other
        Jets of the same events.
    n_events
        Number of events.

    Returns
    -------
    numpy.ndarray
        Infinite where there is no such jet, shape (events, most of `one`, most of `other`).
    """
    eta_one, phi_one = _padded(one, n_events)
    eta_other, phi_other = _padded(other, n_events)
    distance = np.hypot(
        eta_one[:, :, None] - eta_other[:, None, :], wrapped(phi_one[:, :, None] - phi_other[:, None, :])
    )
    return np.where(np.isnan(distance), np.inf, distance)


def _padded(jets: FoundJets, n_events: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pseudorapidities and azimuths by event and rank, NaN where there is no jet."""
    rank = rank_in_event(jets.event)
    most = int(rank.max()) + 1 if len(jets) else 1
    eta, phi = np.full((n_events, most), np.nan), np.full((n_events, most), np.nan)
    eta[jets.event, rank] = pseudorapidity(jets.momenta_gev)
    phi[jets.event, rank] = azimuth(jets.momenta_gev)
    return eta, phi


def isolated(jets: FoundJets, n_events: int, distance: float, fraction: float) -> NDArray[np.bool_]:
    """Whether no other jet within a distance has more than a fraction of a jet's transverse momentum.

    Parameters
    ----------
    jets
        All jets down to that fraction of the softest one asked about.
    n_events
        Number of events.
    distance
        In (eta, phi).
    fraction
        Of the jet's own transverse momentum.

    Returns
    -------
    numpy.ndarray
        For each jet, shape (J,).
    """
    rank = rank_in_event(jets.event)
    apart = distances(jets, jets, n_events)
    pt = np.zeros(apart.shape[:2])
    pt[jets.event, rank] = transverse(jets)
    places = np.arange(apart.shape[1])
    apart[:, places, places] = np.inf
    near = (apart < distance) & (pt[:, None, :] > fraction * pt[:, :, None])
    undisturbed: NDArray[np.bool_] = ~np.any(near, axis=2)
    return undisturbed[jets.event, rank]


def matched_pairs(
    true: FoundJets, seen: FoundJets, n_events: int, radius: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair jets that are each other's nearest, and nearer than a radius.

    Parameters
    ----------
    true, seen
        Jets of the same events, event after event.
    n_events
        Number of events.
    radius
        Largest distance in (eta, phi).

    Returns
    -------
    tuple
        Indices of the true jets, rising, and of their partners.
    """
    if len(true) == 0 or len(seen) == 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    apart = distances(true, seen, n_events)
    rank = rank_in_event(true.event)
    partner = np.argmin(apart, axis=2)[true.event, rank]
    nearest = apart[true.event, rank, partner]
    mutual = np.argmin(apart, axis=1)[true.event, partner] == rank
    kept = np.flatnonzero(mutual & (nearest < radius))
    first_seen = np.searchsorted(seen.event, true.event[kept])
    return kept, np.asarray(first_seen + partner[kept], dtype=np.int64)
