"""Mean energy loss of a minimum-ionising particle."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from showerkit.units import ELECTRON_MASS_MEV, MUON_MASS_MEV

#: 4 pi N_A r_e^2 m_e c^2 in MeV cm2/mol (PDG).
_BETHE_K: Final = 0.307075
_EV_PER_MEV: Final = 1e6


@cache
def minimum_loss_mev_cm2_g(z: int, weight: float) -> float:
    r"""Lowest mean mass stopping power of an element for muons, by the Bethe equation.

    .. math:: -\frac{dE}{dx} = K \frac{Z}{A}\frac{1}{\beta^2}\left[\frac12
       \ln\frac{2 m_e c^2\beta^2\gamma^2 W_{max}}{I^2} - \beta^2\right]

    with the mean excitation energy I = 16 Z^0.9 eV (19.2 eV for hydrogen) and without the density
    effect, which together shift the minimum by less than 5 % (PDG, "Passage of particles through
    matter", eq. 34.5).

    Parameters
    ----------
    z
        Atomic number.
    weight
        Atomic weight in g/mol.

    Returns
    -------
    float
        Mass stopping power in MeV cm2/g.

    Examples
    --------
    >>> abs(minimum_loss_mev_cm2_g(26, 55.845) / 1.451 - 1) < 0.05  # PDG: 1.451
    True
    """
    excitation = (19.2 if z == 1 else 16.0 * z**0.9) / _EV_PER_MEV
    momentum = np.linspace(2.0, 6.0, 401)  # beta gamma around the minimum
    gamma = np.sqrt(1.0 + momentum**2)
    beta2 = momentum**2 / gamma**2
    ratio = ELECTRON_MASS_MEV / MUON_MASS_MEV
    most = 2.0 * ELECTRON_MASS_MEV * momentum**2 / (1.0 + 2.0 * gamma * ratio + ratio**2)
    logarithm = 0.5 * np.log(2.0 * ELECTRON_MASS_MEV * momentum**2 * most / excitation**2)
    return float((_BETHE_K * z / weight / beta2 * (logarithm - beta2)).min())
