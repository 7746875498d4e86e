"""Momenta in the coordinates of a collider: transverse momentum, pseudorapidity, azimuth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def pseudorapidity(momenta: FloatArray) -> FloatArray:
    """Compute eta = asinh(pz / pT) of momenta (..., 3); infinite along the beam.

    Examples
    --------
    >>> round(float(pseudorapidity(np.array([3.0, 4.0, 5.0]))), 4)
    0.8814
    """
    pt = np.hypot(momenta[..., 0], momenta[..., 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.arcsinh(momenta[..., 2] / pt), dtype=np.float64)


def azimuth(momenta: FloatArray) -> FloatArray:
    """Compute phi in (-pi, pi] of momenta (..., 3)."""
    return np.arctan2(momenta[..., 1], momenta[..., 0])


def wrapped(angle: FloatArray) -> FloatArray:
    """Bring angles into (-pi, pi].

    Examples
    --------
    >>> wrapped(np.array([3.0 * np.pi, -np.pi])).round(6).tolist()
    [3.141593, 3.141593]
    """
    return np.asarray(np.pi - np.mod(np.pi - angle, 2.0 * np.pi), dtype=np.float64)


def relative_coordinates(momenta: FloatArray, jet_momenta: FloatArray) -> FloatArray:
    """Describe particles relative to their jets.

    Parameters
    ----------
    momenta
        Momenta of the particles, shape (..., 3).
    jet_momenta
        Momenta of their jets, of a shape that goes with it.

    Returns
    -------
    numpy.ndarray
        eta_rel, phi_rel, pt_rel of each particle (see `showerkit.data.jet_records.Jets`).
    """
    pt = np.hypot(momenta[..., 0], momenta[..., 1])
    jet_pt = np.hypot(jet_momenta[..., 0], jet_momenta[..., 1])
    return np.stack(
        [
            pseudorapidity(momenta) - pseudorapidity(jet_momenta),
            wrapped(azimuth(momenta) - azimuth(jet_momenta)),
            pt / jet_pt,
        ],
        axis=-1,
    )


def absolute_momenta(
    particles: FloatArray, jet_pt: FloatArray, jet_eta: FloatArray, jet_phi: FloatArray | float = 0.0
) -> FloatArray:
    """Undo `relative_coordinates`.

    Parameters
    ----------
    particles
        eta_rel, phi_rel, pt_rel, shape (..., 3).
    jet_pt, jet_eta, jet_phi
        The jets, of shapes that go with ``particles[..., 0]``.

    Returns
    -------
    numpy.ndarray
        Momenta in the unit of `jet_pt`, shape (..., 3).

    Examples
    --------
    >>> momenta, jet = np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, -2.0, 7.0]])
    >>> relative = relative_coordinates(momenta, jet)
    >>> back = absolute_momenta(relative, np.hypot(10.0, 2.0), pseudorapidity(jet), azimuth(jet))
    >>> back.round(6).tolist()
    [[1.0, 2.0, 3.0]]
    """
    pt = particles[..., 2] * jet_pt
    eta = particles[..., 0] + jet_eta
    phi = particles[..., 1] + jet_phi
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
