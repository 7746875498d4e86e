"""Mass and transverse momentum of jets from their particles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jets.particle_cloud import particle_cloud

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

_CHUNK = 4096


def jet_kinematics(particles: ArrayLike, mask: ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
    r"""Mass and transverse momentum of the sum of massless particles.

    .. math:: m^2 = E^2 - \mathbf p^2, \quad
        E = \sum_i p_{Ti} \cosh\eta_i, \quad
        \mathbf p = \sum_i p_{Ti} (\cos\varphi_i, \sin\varphi_i, \sinh\eta_i)

    With relative coordinates these are the jet's mass and transverse momentum over the jet's pT, as in
    JetNet's W1M; with absolute ones they have the unit of pT.

    Parameters
    ----------
    particles
        eta, phi and pT of each particle, shape (N, P, 3).
    mask
        Where there is a particle, shape (N, P); None: where pT is above 0.

    Returns
    -------
    tuple of numpy.ndarray
        Mass and transverse momentum in the unit of pT, shapes (N,); 0 for a jet without particles.

    Raises
    ------
    DataError
        If a shape is wrong or a value is not finite.

    Examples
    --------
    Two particles back to back in the plane have the mass of twice their momentum:

    >>> mass, pt = jet_kinematics([[[0.0, 0.0, 2.0], [0.0, np.pi, 2.0]]])
    >>> mass.round(12).tolist(), pt.round(12).tolist()
    ([4.0], [0.0])
    """
    cloud, _ = particle_cloud(particles, mask)
    mass, transverse = np.empty(len(cloud)), np.empty(len(cloud))
    for start in range(0, len(cloud), _CHUNK):
        part = slice(start, start + _CHUNK)
        mass[part], transverse[part] = _of_chunk(cloud[part])
    return mass, transverse


def _of_chunk(cloud: FloatArray) -> tuple[FloatArray, FloatArray]:
    eta, phi, pt = np.moveaxis(cloud, 2, 0)
    grown = np.exp(eta)
    # Light-cone components: E^2 - pz^2 = (E + pz)(E - pz) loses no digits for a jet far from the centre.
    plus, minus = (pt * grown).sum(axis=1), (pt / grown).sum(axis=1)
    squared = (pt * np.cos(phi)).sum(axis=1) ** 2 + (pt * np.sin(phi)).sum(axis=1) ** 2
    return np.sqrt(np.clip(plus * minus - squared, 0.0, None)), np.sqrt(squared)
