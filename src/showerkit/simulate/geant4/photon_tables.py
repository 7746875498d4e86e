"""Photoelectric absorption and Rayleigh scattering per atom, from evaluated data and high-energy shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST_ENERGY_MEV = 1e-4
EVALUATED_UP_TO_MEV = 0.8
HIGHEST_ENERGY_MEV = 1e6
MM2_PER_BARN = 1e-22
_POINTS_PER_DECADE = 60
_EDGE_SPLIT = 1e-6
_SHELLS = 28
_KEV = 1e3

_THOMSON_B = 0.66524587
_FINE_STRUCTURE = 1.0 / 137.035999


def sauter_cross_section_b(z: int, energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Photoelectric cross section of the K shell in relativistic Born approximation.

    .. math::
        \sigma = \frac32 \sigma_T \alpha^4 Z^5 \frac{(\gamma^2 - 1)^{3/2}}{k^5} \left[ \frac43 +
        \frac{\gamma (\gamma - 2)}{\gamma + 1} \left( 1 - \frac{1}{2 \gamma s}
        \ln\frac{\gamma + s}{\gamma - s} \right) \right],
        \quad k = E / m_e, \; \gamma = 1 + k, \; s = \sqrt{\gamma^2 - 1}

    Source: F. Sauter, Annalen der Physik 11 (1931) 454.

    Parameters
    ----------
    z
        Atomic number.
    energy_mev
        Photon energies in MeV, any shape, far above the K edge.

    Returns
    -------
    numpy.ndarray
        Cross section in barn, same shape.

    Examples
    --------
    >>> sigma_b = sauter_cross_section_b(82, np.array([1e5, 2e5]))
    >>> bool(abs(sigma_b[0] / sigma_b[1] - 2.0) < 1e-3)  # falls as 1 / E in the end
    True
    """
    k = np.asarray(energy_mev, dtype=np.float64) / ELECTRON_MASS_MEV
    gamma = 1.0 + k
    s = np.sqrt(gamma**2 - 1.0)
    # gamma - s = 1 / (gamma + s), without cancellation
    logarithm = 2.0 * np.log(gamma + s)
    bracket = 4.0 / 3.0 + gamma * (gamma - 2.0) / (gamma + 1.0) * (1.0 - logarithm / (2.0 * gamma * s))
    return np.asarray(1.5 * _THOMSON_B * _FINE_STRUCTURE**4 * float(z) ** 5 * s**3 / k**5 * bracket)


def coulomb_limit_ratio(z: int) -> float:
    r"""Whole-atom photoelectric cross section over Sauter's formula, for energies without bound.

    .. math:: e^{-\pi a + 2 a^2 (1 - \ln a)} (1 + 0.01481 \ln^2 Z - 0.000788 \ln^3 Z), \quad a = \alpha Z

    Sources: R. H. Pratt, Phys. Rev. 117 (1960) 1017 (K shell); C. M. Davisson in K. Siegbahn,
    Alpha-, Beta- and Gamma-Ray Spectroscopy (1965) (all shells over K shell).

    Parameters
    ----------
    z
        Atomic number.

    Returns
    -------
    float
        The ratio.

    Examples
    --------
    >>> 0.9 < coulomb_limit_ratio(6) < 1.0
    True
    """
    a = _FINE_STRUCTURE * z
    shells = 1.0 + 0.01481 * np.log(z) ** 2 - 0.000788 * np.log(z) ** 3
    return float(np.exp(-np.pi * a + 2.0 * a**2 * (1.0 - np.log(a))) * shells)


def photoelectric_table(z: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tabulate the photoelectric cross section of one element, with its absorption edges.

    Up to 0.8 MeV these are the evaluated data of xraylib; above, Sauter's formula times a ratio
    quadratic in 1 / E that joins in value and slope and ends at `coulomb_limit_ratio`. Each edge is a
    pair of neighbouring energies.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.

    Returns
    -------
    tuple
        Photon energies in MeV, shape (n,), and cross sections in barn, shape (n,).

    Examples
    --------
    >>> energy_mev, sigma_b = photoelectric_table(82)
    >>> bool((sigma_b > 0).all())
    True
    """
    import xraylib_np

    low_mev = np.unique(np.concatenate([_log_grid(LOWEST_ENERGY_MEV, EVALUATED_UP_TO_MEV), _edge_pairs(z)]))
    sigma_low_b = xraylib_np.CSb_Photo(np.array([z]), _inside(low_mev) * _KEV)[0]
    high_mev = _log_grid(EVALUATED_UP_TO_MEV, HIGHEST_ENERGY_MEV)
    sigma_high_b = _above_evaluated_data(z, low_mev, sigma_low_b, high_mev)
    return np.concatenate([low_mev, high_mev[1:]]), np.concatenate([sigma_low_b, sigma_high_b[1:]])


def rayleigh_table(z: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Tabulate the Rayleigh cross section of one element.

    Up to 0.8 MeV these are the evaluated data of xraylib; above, the form factor confines the
    scattering to momentum transfers far below the energy and :math:`\sigma \propto E^{-2}`.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.

    Returns
    -------
    tuple
        Photon energies in MeV, shape (n,), and cross sections in barn, shape (n,).

    Examples
    --------
    >>> energy_mev, sigma_b = rayleigh_table(26)
    >>> bool(abs(sigma_b[-1] * energy_mev[-1] ** 2 / (sigma_b[-2] * energy_mev[-2] ** 2) - 1) < 1e-9)
    True
    """
    import xraylib_np

    low_mev = _log_grid(LOWEST_ENERGY_MEV, EVALUATED_UP_TO_MEV)
    sigma_low_b = xraylib_np.CSb_Rayl(np.array([z]), _inside(low_mev) * _KEV)[0]
    high_mev = _log_grid(EVALUATED_UP_TO_MEV, HIGHEST_ENERGY_MEV)
    sigma_high_b = sigma_low_b[-1] * (EVALUATED_UP_TO_MEV / high_mev) ** 2
    return np.concatenate([low_mev, high_mev[1:]]), np.concatenate([sigma_low_b, sigma_high_b[1:]])


def _above_evaluated_data(
    z: int, low_mev: NDArray[np.float64], sigma_low_b: NDArray[np.float64], high_mev: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Continue the evaluated photoelectric data to high energies."""
    joint_mev = low_mev[-1]
    top = low_mev > 0.75 * joint_mev
    ratio = sigma_low_b[top] / sauter_cross_section_b(z, low_mev[top])
    # the slope against x = E_joint / E comes from a span, not from neighbours, to be free of rounding
    slope = (ratio[-1] - ratio[0]) / (1.0 - joint_mev / low_mev[top][0])
    limit = coulomb_limit_ratio(z)
    rise = ratio[-1] - limit
    x = joint_mev / high_mev
    continued = limit + (2.0 * rise - slope) * x + (slope - rise) * x**2
    return np.asarray(sauter_cross_section_b(z, high_mev) * continued)


def _log_grid(low_mev: float, high_mev: float) -> NDArray[np.float64]:
    points = int(np.ceil(np.log10(high_mev / low_mev) * _POINTS_PER_DECADE)) + 1
    return np.geomspace(low_mev, high_mev, points)


def _inside(energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the two ends inside the evaluated range, where rounding would put them outside."""
    return np.clip(energy_mev, LOWEST_ENERGY_MEV * (1 + 1e-9), EVALUATED_UP_TO_MEV * (1 - 1e-9))


def _edge_pairs(z: int) -> NDArray[np.float64]:
    """Energies just below and just above each absorption edge inside the table, in MeV."""
    import xraylib_np

    edges_kev = xraylib_np.EdgeEnergy(np.array([z]), np.arange(_SHELLS))[0]
    edges_mev = edges_kev[edges_kev > LOWEST_ENERGY_MEV * _KEV * (1 + 2 * _EDGE_SPLIT)] / _KEV
    return np.concatenate([edges_mev * (1 - _EDGE_SPLIT), edges_mev * (1 + _EDGE_SPLIT)])
