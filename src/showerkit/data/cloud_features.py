"""The numbers that describe a particle to a network, and the way back to jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from showerkit.errors import DataError
from showerkit.simulate.jets.kinematics import (
    absolute_momenta,
    azimuth,
    pseudorapidity,
    relative_coordinates,
    wrapped,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.jet_records import Jets

#: ``relative``: eta_rel, phi_rel, pt_rel; ``pt-gev``: the same with pT in GeV; ``cartesian``: px, py, pz in
#: GeV; ``pixels``: x, y and intensity of an image's points.
CloudFeatures: TypeAlias = Literal["relative", "pt-gev", "cartesian", "pixels"]
#: A network that is not trained yet may say anything: beyond this an angle is no jet's any more.
_LARGEST_ETA: Final = 10.0


def jet_points(jets: Jets, features: CloudFeatures) -> NDArray[np.float32]:
    """Describe the particles of jets by a network's features.

    Parameters
    ----------
    jets
        N jets of P places.
    features
        Which features.

    Returns
    -------
    numpy.ndarray
        The features, 0 where there is no particle, shape (N, P, 3).

    Raises
    ------
    DataError
        If they are those of images, or need absolute momenta that the jets do not have.
    """
    if features == "relative":
        return jets.particles
    if features == "pt-gev":
        points = jets.particles.copy()
        points[..., 2] *= jets.pt_gev[:, None]
        return points
    if features == "cartesian":
        if jets.momenta_gev is None:
            raise DataError("jets", got="no absolute momenta", expected="them, for data.features cartesian")
        return jets.momenta_gev
    raise DataError("data.features", got=features, expected="features of jets: relative, pt-gev or cartesian")


def jet_columns_of(
    points: NDArray[Any],
    mask: NDArray[np.bool_],
    features: CloudFeatures,
    *,
    pt_gev: NDArray[Any],
    eta: NDArray[Any],
    phi: NDArray[Any],
) -> dict[str, NDArray[np.float64]]:
    """Turn a network's points into particles of jets, the inverse of `jet_points`.

    Parameters
    ----------
    points
        Features of particles, shape (N, P, 3).
    mask
        Where there is a particle, shape (N, P).
    features
        Which features.
    pt_gev, eta, phi
        The jets' transverse momenta, pseudorapidities and azimuths, shape (N,); with cartesian features these
        are those of the sum of the particles instead.

    Returns
    -------
    dict
        ``particles`` (N, P, 3), ``momenta_gev`` (N, P, 3), ``pt_gev`` (N,) and ``eta`` (N,).
    """
    exact = np.asarray(points, dtype=np.float64)
    pt, eta, phi = (np.asarray(values, dtype=np.float64) for values in (pt_gev, eta, phi))
    if features == "cartesian":
        momenta = np.where(mask[:, :, None], exact, 0.0)
        total = momenta.sum(axis=1)
        total[..., 0] += np.where(np.hypot(total[:, 0], total[:, 1]) > 0.0, 0.0, 1e-9)
        total[..., 2] = np.clip(total[..., 2], *_beam_limits(total))
        momenta[..., 2] = np.clip(momenta[..., 2], *_beam_limits(momenta))
        with np.errstate(invalid="ignore"):
            particles = relative_coordinates(momenta, total[:, None, :])
        pt, eta, phi = np.hypot(total[:, 0], total[:, 1]), pseudorapidity(total), azimuth(total)
    else:
        particles = exact.copy()
        if features == "pt-gev":
            particles[..., 2] /= pt[:, None]
        particles[..., 0] = np.clip(particles[..., 0], -_LARGEST_ETA, _LARGEST_ETA)
        particles[..., 1] = wrapped(particles[..., 1])
        momenta = absolute_momenta(particles, pt[:, None], eta[:, None], phi[:, None])
    here = mask[:, :, None]
    return {
        "particles": np.where(here, particles, 0.0),
        "momenta_gev": np.where(here, momenta, 0.0),
        "pt_gev": pt,
        "eta": eta,
    }


def _beam_limits(momenta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest pz either way that an angle of a jet allows."""
    largest = np.hypot(momenta[..., 0], momenta[..., 1]) * np.sinh(_LARGEST_ETA)
    return -largest, largest
