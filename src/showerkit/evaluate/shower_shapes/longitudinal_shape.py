"""The gamma form of the longitudinal profile of an electromagnetic shower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


def energy_per_depth(
    depth_x0: FloatArray, energy: FloatArray | float, maximum_x0: FloatArray | float, beta: FloatArray | float
) -> FloatArray:
    r"""Energy deposited per radiation length at a depth.

    .. math:: \frac{dE}{dt} = E_0 \frac{(\beta t)^{\beta T_0} \beta e^{-\beta t}}{\Gamma(\beta T_0 + 1)}

    The maximum lies at T0. Source: E. Longo and I. Sestili, NIM 128 (1975) 283, in the form of the ZDC
    reports (equation 1); Particle Data Group, Passage of particles through matter, with a = beta T0 + 1.

    Parameters
    ----------
    depth_x0
        Depths t in radiation lengths, any shape.
    energy
        Integral E0 over all depths, in any unit.
    maximum_x0
        Depth T0 of the maximum in radiation lengths, at least 0.
    beta
        Inverse scale beta per radiation length, above 0.

    Returns
    -------
    numpy.ndarray
        dE/dt in the unit of `energy` per radiation length; 0 before the face.

    Examples
    --------
    >>> t = np.linspace(0.0, 40.0, 4001)
    >>> profile = energy_per_depth(t, 1.0, 6.0, 0.5)
    >>> float(t[profile.argmax()]), round(float(profile.sum() * 0.01), 4)
    (6.0, 1.0)
    """
    from scipy.special import gammaln, xlogy

    scaled = np.maximum(depth_x0, 0.0) * beta
    exponent = np.asarray(beta) * maximum_x0
    log_form = xlogy(exponent, scaled) - scaled - gammaln(exponent + 1.0)
    return np.asarray(np.where(np.asarray(depth_x0) < 0.0, 0.0, energy * beta * np.exp(log_form)))


def energy_before(
    depth_x0: FloatArray, energy: FloatArray | float, maximum_x0: FloatArray | float, beta: FloatArray | float
) -> FloatArray:
    r"""Energy deposited before a depth: the integral of `energy_per_depth` from 0.

    .. math:: E(<t) = E_0 \, P(\beta T_0 + 1, \beta t)

    with P the regularised lower incomplete gamma function. A layer's energy is the difference between its
    two ends, so that thick layers are described as well as thin ones.

    Parameters
    ----------
    depth_x0, energy, maximum_x0, beta
        As in `energy_per_depth`; they broadcast.

    Returns
    -------
    numpy.ndarray
        Energy in the unit of `energy`.

    Examples
    --------
    >>> float(energy_before(np.array(1e3), 2.0, 6.0, 0.5))
    2.0
    """
    from scipy.special import gammainc

    shape = np.asarray(beta) * maximum_x0 + 1.0
    return np.asarray(energy * gammainc(shape, np.maximum(depth_x0, 0.0) * beta))


def expected_maximum_x0(
    energy_mev: FloatArray, critical_energy_mev: float, photon: bool = False
) -> FloatArray:
    r"""Depth of the maximum that the Particle Data Group gives for electromagnetic showers.

    .. math:: t_\mathrm{max} = \ln\frac{E}{E_c} + C, \quad C = -0.5 \text{ (electron)}, +0.5 \text{ (photon)}

    Source: Particle Data Group, Passage of particles through matter, "Electromagnetic cascades".

    Parameters
    ----------
    energy_mev
        Incident energies in MeV, above 0.
    critical_energy_mev
        Critical energy of the material in MeV (Rossi's definition).
    photon
        Whether a photon starts the shower.

    Returns
    -------
    numpy.ndarray
        Depths in radiation lengths.

    Examples
    --------
    >>> round(float(expected_maximum_x0(np.array(100_000.0), 9.64)), 2)
    8.75
    """
    return np.asarray(np.log(np.asarray(energy_mev) / critical_energy_mev) + (0.5 if photon else -0.5))
