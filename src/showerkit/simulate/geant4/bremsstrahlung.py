"""Bremsstrahlung of electrons: the screened Bethe-Heitler formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FINE_STRUCTURE = 1.0 / 137.035999
ALPHA_RE2_MB = FINE_STRUCTURE * 79.40787
"""Fine-structure constant times the squared classical electron radius, in mb."""


def coulomb_correction(z: float) -> float:
    r"""Coulomb correction f(Z) to the Born approximation at high energy.

    .. math:: f = a^2 \left[ \frac{1}{1 + a^2} + 0.20206 - 0.0369 a^2 + 0.0083 a^4 - 0.002 a^6 \right],
        \quad a = \alpha Z

    Source: H. Davies, H. A. Bethe and L. C. Maximon, Phys. Rev. 93 (1954) 788, as in the Review of
    Particle Physics.

    Parameters
    ----------
    z
        Atomic number.

    Returns
    -------
    float
        The correction, to be taken from the radiation logarithm.

    Examples
    --------
    >>> round(coulomb_correction(82), 3)
    0.331
    """
    a2 = (FINE_STRUCTURE * z) ** 2
    return a2 * (1.0 / (1.0 + a2) + 0.20206 - 0.0369 * a2 + 0.0083 * a2**2 - 0.002 * a2**3)


def bethe_heitler_mb(z: int, kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike) -> NDArray[np.float64]:
    r"""Scaled bremsstrahlung cross section in Bethe-Heitler form with Thomas-Fermi screening.

    .. math::
        \frac{\beta^2}{Z^2} k \frac{d\sigma}{dk} = \frac{\beta^2}{Z^2} \alpha r_e^2 \Big\{
        \big(\tfrac43 - \tfrac43 y + y^2\big) \big[ Z^2 (\varphi_1 - \tfrac43 \ln Z - 4 f)
        + Z (\psi_1 - \tfrac83 \ln Z) \big] + \tfrac23 (1 - y) \big[ Z^2 (\varphi_1 - \varphi_2)
        + Z (\psi_1 - \psi_2) \big] \Big\}, \quad y = k / E

    The radiation of the atomic electrons is the part with :math:`\psi`. Source: Y.-S. Tsai, Rev. Mod.
    Phys. 46 (1974) 815, eqs. 3.38 to 3.41 and 3.83.

    Parameters
    ----------
    z
        Atomic number.
    kinetic_energy_mev
        Kinetic energies T of the electron in MeV, broadcast against `k_over_t`.
    k_over_t
        Photon energy over T, 0 to 1.

    Returns
    -------
    numpy.ndarray
        The scaled cross section in mb; where the formula fails (slow electrons) the screening
        brackets are kept from falling below one.

    Examples
    --------
    >>> scaled_mb = bethe_heitler_mb(82, 1e4, [0.0, 0.5, 1.0])
    >>> scaled_mb.round(1).tolist()
    [10.6, 6.4, 6.3]
    """
    t = np.asarray(kinetic_energy_mev, dtype=np.float64)
    energy = t + ELECTRON_MASS_MEV
    k = np.asarray(k_over_t, dtype=np.float64) * t
    y = k / energy
    beta2 = t * (t + 2.0 * ELECTRON_MASS_MEV) / energy**2
    delta = 100.0 * ELECTRON_MASS_MEV * k / (energy * (energy - k))
    gamma, epsilon = delta / z ** (1.0 / 3.0), delta / z ** (2.0 / 3.0)
    phi_1 = (
        20.863
        - 2.0 * np.log1p((0.55846 * gamma) ** 2)
        - 4.0 * (1.0 - 0.6 * np.exp(-0.9 * gamma) - 0.4 * np.exp(-1.5 * gamma))
    )
    psi_1 = (
        28.340
        - 2.0 * np.log1p((3.621 * epsilon) ** 2)
        - 4.0 * (1.0 - 0.7 * np.exp(-8.0 * epsilon) - 0.3 * np.exp(-29.2 * epsilon))
    )
    nucleus = np.maximum(phi_1 - 4.0 / 3.0 * np.log(z) - 4.0 * coulomb_correction(z), 1.0)
    electrons = np.maximum(psi_1 - 8.0 / 3.0 * np.log(z), 1.0)
    phi_difference = 2.0 / 3.0 / (1.0 + 6.5 * gamma + 6.0 * gamma**2)
    psi_difference = 2.0 / 3.0 / (1.0 + 40.0 * epsilon + 400.0 * epsilon**2)
    bracket = (4.0 / 3.0 * (1.0 - y) + y**2) * (nucleus + electrons / z)
    bracket = bracket + 2.0 / 3.0 * (1.0 - y) * (phi_difference + psi_difference / z)
    return np.asarray(beta2 * ALPHA_RE2_MB * bracket)


def scaled_cross_section_mb(
    z: int, kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike
) -> NDArray[np.float64]:
    """Scaled bremsstrahlung cross section used in the embedded tables.

    Parameters and result are those of `bethe_heitler_mb`.

    Examples
    --------
    >>> scaled_cross_section_mb(26, [1.0, 10.0], 0.5).shape
    (2,)
    """
    return bethe_heitler_mb(z, kinetic_energy_mev, k_over_t)
