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

# Rows are powers of alpha Z, columns powers of 0.8 MeV / E.
_WHOLE_ATOM = np.array(
    [
        [-0.0256, -0.1500, 0.2531, -0.0981],
        [-3.2214, 4.0580, -4.1749, 1.2908],
        [1.7718, -2.0163, 1.2098, 0.0548],
    ]
)
_FEW_ELECTRONS = (-0.3394, -0.2655)


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


def whole_atom_ratio(z: int, energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Photoelectric cross section of the whole atom over Sauter's formula, above 0.8 MeV.

    .. math:: \ln r = \sum_{i=0}^2 \sum_{j=0}^3 c_{ij} (\alpha Z)^i (E_0 / E)^j + d_1 / Z + d_2 / Z^2,
        \quad E_0 = 0.8 \, \mathrm{MeV}

    The 14 numbers were fitted to the evaluated cross sections of M. J. Berger and J. H. Hubbell (XCOM,
    NBSIR 87-3597) from 0.8 MeV to 50 GeV, which they follow within 2 % from boron to uranium (within
    10 % in lighter atoms); the first order in the charge comes out near Sommerfeld's :math:`-\pi`.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.
    energy_mev
        Photon energies in MeV, at least 0.8, any shape.

    Returns
    -------
    numpy.ndarray
        The ratio, same shape.

    Examples
    --------
    >>> whole_atom_ratio(82, np.array([1e4])).round(2).tolist()
    [0.27]
    """
    charge = _FINE_STRUCTURE * z
    x = EVALUATED_UP_TO_MEV / np.asarray(energy_mev, dtype=np.float64)
    logarithm = np.polynomial.polynomial.polyval2d(np.full_like(x, charge), x, _WHOLE_ATOM)
    return np.asarray(np.exp(logarithm + _FEW_ELECTRONS[0] / z + _FEW_ELECTRONS[1] / z**2))


def photoelectric_table(z: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tabulate the photoelectric cross section of one element, with its absorption edges.

    Up to 0.8 MeV these are the evaluated data of xraylib; above, Sauter's formula times
    `whole_atom_ratio`, scaled to join. Each edge is a pair of neighbouring energies.

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
    formula_b = sauter_cross_section_b(z, high_mev) * whole_atom_ratio(z, high_mev)
    # the scale that joins fades with the square of the energy
    fading = (EVALUATED_UP_TO_MEV / high_mev) ** 2
    sigma_high_b = formula_b * (1.0 + (sigma_low_b[-1] / formula_b[0] - 1.0) * fading)
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
