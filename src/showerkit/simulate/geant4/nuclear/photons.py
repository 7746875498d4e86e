"""Photonuclear reactions in the giant dipole resonance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SUM_RULE_MEV_MB: Final = 60.0
_ENHANCEMENT: Final = 1.2
_WIDTH_MEV: Final = {"light": 6.0, "heavy": 4.5}
_THRESHOLD_MEV: Final = {"light": 13.0, "heavy": 8.0}
_LIGHT_A: Final = 40.0


def giant_dipole(z: int, mass_u: float, energy_mev: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Photoabsorption cross section: a Lorentzian that exhausts 1.2 Thomas-Reiche-Kuhn sum rules.

    .. math:: \sigma(E) = \sigma_0 \frac{(E \Gamma)^2}{(E^2 - E_0^2)^2 + (E \Gamma)^2}, \quad
        E_0 = 31.2 A^{-1/3} + 20.6 A^{-1/6}\ \mathrm{MeV}, \quad
        \frac{\pi}{2} \sigma_0 \Gamma = 1.2 \cdot 60 \frac{N Z}{A}\ \mathrm{MeV\,mb}

    (B. L. Berman and S. C. Fultz, Rev. Mod. Phys. 47 (1975) 713), with widths of 4.5 MeV (A below 40: 6 MeV)
    and nothing below 8 MeV (13 MeV), where nucleons stay bound.

    Parameters
    ----------
    z
        Atomic number.
    mass_u
        Mass in atomic mass units.
    energy_mev
        Photon energies in MeV, shape (n,).

    Returns
    -------
    numpy.ndarray
        Cross sections in b, shape (n,).

    Examples
    --------
    >>> sigma_b = giant_dipole(82, 207.2, np.array([5.0, 13.7]))
    >>> float(sigma_b[0]), bool(0.4 < sigma_b[1] < 0.7)  # measured: 0.64 at the top
    (0.0, True)
    """
    size = "light" if mass_u < _LIGHT_A else "heavy"
    width_mev = _WIDTH_MEV[size]
    centre_mev = 31.2 * mass_u ** (-1.0 / 3.0) + 20.6 * mass_u ** (-1.0 / 6.0)
    integral_mev_b = _ENHANCEMENT * _SUM_RULE_MEV_MB * 1e-3 * (mass_u - z) * z / mass_u
    top_b = integral_mev_b / (0.5 * np.pi * width_mev)
    scaled = (energy_mev * width_mev) ** 2
    sigma_b = top_b * scaled / ((energy_mev**2 - centre_mev**2) ** 2 + scaled)
    return np.asarray(np.where(energy_mev > _THRESHOLD_MEV[size], sigma_b, 0.0))
