"""Bremsstrahlung of electrons: the screened Bethe-Heitler formula and its fitted correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.simulate.geant4.bremsstrahlung_correction import correction
from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FINE_STRUCTURE = 1.0 / 137.035999
ALPHA_RE2_MB = FINE_STRUCTURE * 79.40787
"""Fine-structure constant times the squared classical electron radius, in mb."""

# The formulas are singular at both ends of the spectrum, where they have limits.
_SOFTEST, _HARDEST = 1e-7, 1.0 - 1e-7
_COULOMB_SCALE = 10.0
_ELECTRON_SCALE = 1.7


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
    0.332
    """
    a2 = (FINE_STRUCTURE * z) ** 2
    return a2 * (1.0 / (1.0 + a2) + 0.20206 - 0.0369 * a2 + 0.0083 * a2**2 - 0.002 * a2**3)


def born_bracket(kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike) -> NDArray[np.float64]:
    r"""Bethe-Heitler cross section of a bare nucleus in Born approximation, without its constants.

    The result is :math:`k \, d\sigma/dk \, / (Z^2 \alpha r_e^2)`, exact in first order of the nuclear
    charge at every energy. Source: H. A. Bethe and W. Heitler (1934), formula 3BN of H. W. Koch and
    J. W. Motz, Rev. Mod. Phys. 31 (1959) 920.

    Parameters
    ----------
    kinetic_energy_mev
        Kinetic energies T of the electron in MeV, broadcast against `k_over_t`.
    k_over_t
        Photon energy over T, between 0 and 1, both excluded.

    Returns
    -------
    numpy.ndarray
        The bracket, without unit.

    Examples
    --------
    >>> import math
    >>> high = float(born_bracket(1e4, 0.5))  # tends to (16/3 (1-y) + 4 y^2) (ln(2 E E' / k) - 1/2)
    >>> gamma = 1e4 / 0.51099895
    >>> round(high / ((16 / 3 * 0.5 + 4 * 0.25) * (math.log(2 * gamma) - 0.5)), 3)
    1.0
    """
    t = np.asarray(kinetic_energy_mev, dtype=np.float64) / ELECTRON_MASS_MEV
    x = np.asarray(k_over_t, dtype=np.float64)
    k, t_left = x * t, t * (1.0 - x)
    e0, e = 1.0 + t, 1.0 + t_left
    p0, p = np.sqrt(t * (t + 2.0)), np.sqrt(t_left * (t_left + 2.0))
    l0, l1 = 2.0 * np.log(e0 + p0), 2.0 * np.log(e + p)
    logarithm = 2.0 * np.log((e0 * e + p0 * p - 1.0) / k)
    without = (
        4.0 / 3.0
        - 2.0 * e0 * e * (p**2 + p0**2) / (p0 * p) ** 2
        + l0 * e / p0**3
        + l1 * e0 / p**3
        - l0 * l1 / (p0 * p)
    )
    with_logarithm = 8.0 * e0 * e / (3.0 * p0 * p) + k**2 * ((e0 * e) ** 2 + (p0 * p) ** 2) / (p0 * p) ** 3
    with_logarithm = with_logarithm + k / (2.0 * p0 * p) * (
        (e0 * e + p0**2) * l0 / p0**3 - (e0 * e + p**2) * l1 / p**3 + 2.0 * k * e0 * e / (p * p0) ** 2
    )
    return np.asarray(p / p0 * (without + logarithm * with_logarithm))


def screened_bethe_heitler_mb(
    z: int, kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike
) -> NDArray[np.float64]:
    r"""Scaled bremsstrahlung cross section :math:`(\beta^2 / Z^2) k \, d\sigma / dk` from formulas alone.

    The nucleus radiates as in `born_bracket`, times Elwert's factor for slow electrons, less Davies,
    Bethe and Maximon's correction for fast ones. Screening subtracts, by Tsai's fits
    :math:`\varphi(\gamma)` to the Thomas-Fermi atom, what lies beyond the atom; their argument is the
    least momentum transfer :math:`q = p_0 - p - k`, :math:`\gamma = 200 q / (m_e Z^{1/3})`. The atomic
    electrons radiate as nuclei of charge one, screened by Tsai's :math:`\psi(\varepsilon)`, up to the
    endpoint :math:`k_1 = m_e T / (E + m_e - p)` of electron-electron collisions, which they approach
    as :math:`w / (w + w_0)` with :math:`w = (k_1 - k) / m_e`. Sources: G. Elwert, Annalen der Physik 34
    (1939) 178; Y.-S. Tsai, Rev. Mod. Phys. 46 (1974) 815, eqs. 3.38 to 3.41 and 3.83; Koch and Motz (1959).

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
        The scaled cross section in mb.

    Examples
    --------
    >>> screened_bethe_heitler_mb(82, 1e4, [0.0, 0.5]).round(1).tolist()
    [11.0, 7.5]
    """
    t = np.asarray(kinetic_energy_mev, dtype=np.float64) / ELECTRON_MASS_MEV
    x = np.clip(np.asarray(k_over_t, dtype=np.float64), _SOFTEST, _HARDEST)
    k, t_left = x * t, t * (1.0 - x)
    e0, e = 1.0 + t, 1.0 + t_left
    p0, p = np.sqrt(t * (t + 2.0)), np.sqrt(t_left * (t_left + 2.0))
    beta0, beta = p0 / e0, p / e
    y = k / e0
    born = born_bracket(t * ELECTRON_MASS_MEV, x)

    # p0 - p - k, without cancellation
    transfer = k * (1.0 / (e0 + p0) + 1.0 / (e + p)) / (p0 + p)
    gamma = 200.0 * transfer / z ** (1.0 / 3.0)
    epsilon = 200.0 * transfer / z ** (2.0 / 3.0)
    # What Tsai's fits fall short of the logarithm of a bare charge, 4 ln(200 / gamma) - 2; the factor
    # beta / beta0^3 gives it the strength that the same logarithm has in the Born bracket.
    screening = beta / beta0**3 * np.minimum(_phi_1(gamma) - 4.0 * np.log(200.0 / gamma) + 2.0, 0.0)
    electron_screening = (
        beta / beta0**3 * np.minimum(_psi_1(epsilon) - 4.0 * np.log(200.0 / epsilon) + 2.0, 0.0)
    )
    shape = 4.0 / 3.0 * (1.0 - y) + y**2

    nucleus = (born + shape * screening) * _elwert_factor(z, beta0, beta)
    nucleus = nucleus - 4.0 * coulomb_correction(z) * shape * t_left / (t_left + _COULOMB_SCALE)
    nucleus = nucleus + 4.0 / 9.0 * (1.0 - y) / (1.0 + 6.5 * gamma + 6.0 * gamma**2)
    electron = born + shape * electron_screening
    electron = electron + 4.0 / 9.0 * (1.0 - y) / (1.0 + 40.0 * epsilon + 400.0 * epsilon**2)
    below_endpoint = np.maximum(t / (e0 + 1.0 - p0) - k, 0.0)
    electron = np.maximum(electron, 0.0) * below_endpoint / (below_endpoint + _ELECTRON_SCALE * t / (t + 1.0))
    return np.asarray(beta0**2 * ALPHA_RE2_MB * (nucleus + electron / z))


def scaled_cross_section_mb(
    z: int, kinetic_energy_mev: ArrayLike, k_over_t: ArrayLike
) -> NDArray[np.float64]:
    """Scaled bremsstrahlung cross section of the embedded tables: formula times fitted correction.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.
    kinetic_energy_mev
        Kinetic energies T of the electron in MeV, 1 keV to 10 GeV, broadcast against `k_over_t`.
    k_over_t
        Photon energy over T, 0 to 1.

    Returns
    -------
    numpy.ndarray
        The scaled cross section in mb.

    Examples
    --------
    >>> scaled_cross_section_mb(26, [1.0, 10.0], 0.5).shape
    (2,)
    """
    formula_mb = screened_bethe_heitler_mb(z, kinetic_energy_mev, k_over_t)
    return formula_mb * np.exp(correction(z, kinetic_energy_mev, k_over_t))


def _elwert_factor(z: int, beta0: NDArray[np.float64], beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Attraction of the slow outgoing electron by the nucleus, over that of the incoming one."""
    strength = 2.0 * np.pi * FINE_STRUCTURE * z
    return np.asarray(beta0 * np.expm1(-strength / beta0) / (beta * np.expm1(-strength / beta)))


def _phi_1(gamma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tsai's fit 3.38 to the elastic screening function of the Thomas-Fermi atom."""
    return np.asarray(
        20.863
        - 2.0 * np.log1p((0.55846 * gamma) ** 2)
        - 4.0 * (1.0 - 0.6 * np.exp(-0.9 * gamma) - 0.4 * np.exp(-1.5 * gamma))
    )


def _psi_1(epsilon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tsai's fit 3.40 to the inelastic screening function of the Thomas-Fermi atom."""
    return np.asarray(
        28.340
        - 2.0 * np.log1p((3.621 * epsilon) ** 2)
        - 4.0 * (1.0 - 0.7 * np.exp(-8.0 * epsilon) - 0.3 * np.exp(-29.2 * epsilon))
    )
