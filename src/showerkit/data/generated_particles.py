"""From what a network makes of a jet to a list of particles by falling transverse momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def above_pt(
    momenta_gev: NDArray[Any], mask: NDArray[np.bool_], *, threshold_gev: float = 0.25
) -> NDArray[np.bool_]:
    """Drop particles below a transverse momentum, which are what a network makes of ghost particles.

    Source: the cut at 0.25 GeV of B. Orzari et al., arXiv:2310.13138.

    Parameters
    ----------
    momenta_gev
        px, py, pz in GeV, shape (N, P, 3).
    mask
        True where there is a particle, shape (N, P).
    threshold_gev
        Least transverse momentum that is kept, in GeV.

    Returns
    -------
    numpy.ndarray
        True where there is a particle still, shape (N, P).

    Examples
    --------
    >>> above_pt(np.array([[[3.0, 4.0, 0.0], [0.1, 0.1, 90.0]]]), np.ones((1, 2), bool)).tolist()
    [[True, False]]
    """
    pt = np.hypot(momenta_gev[..., 0], momenta_gev[..., 1])
    return np.asarray(mask & (pt >= threshold_gev))


def by_falling(
    particles: NDArray[Any], mask: NDArray[np.bool_], key: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Put the particles of each jet in order, those that are masked last and 0.

    Parameters
    ----------
    particles
        Particles, shape (N, P, features).
    mask
        True where there is a particle, shape (N, P).
    key
        What to order by, largest first, such as the transverse momentum; shape (N, P).

    Returns
    -------
    tuple of numpy.ndarray
        Particles and mask in order.

    Examples
    --------
    >>> jets, mask = np.array([[[5.0], [7.0], [9.0]]]), np.array([[True, True, False]])
    >>> particles, mask = by_falling(jets, mask, jets[..., 0])
    >>> particles[0, :, 0].tolist(), mask[0].tolist()
    ([7.0, 5.0, 0.0], [True, True, False])
    """
    order = np.argsort(np.where(mask, -key, np.inf), axis=1, kind="stable")
    ordered = np.take_along_axis(mask, order, axis=1)
    moved = np.take_along_axis(particles, order[:, :, None], axis=1)
    return np.where(ordered[:, :, None], moved, np.zeros((), particles.dtype)), ordered
