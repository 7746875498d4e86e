"""How much energy an incident particle can deposit at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles

#: What a particle can deposit beyond its kinetic energy, by Particle Data Group code: a positron annihilates.
_BEYOND_KINETIC_MEV: Final = {11: 0.0, 22: 0.0, -11: 2.0 * ELECTRON_MASS_MEV}


def most_deposit_mev(incident: IncidentParticles) -> NDArray[np.float64]:
    """Give the most that each particle can deposit, and so the most that one cell can hold.

    It is the kinetic energy, for positrons with two electron masses more. Particles that decay or are
    captured release more than that; no limit is set for them.

    Parameters
    ----------
    incident
        The incident particles, N of them.

    Returns
    -------
    numpy.ndarray
        Energies in MeV, shape (N,); infinity where there is no limit.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> two = IncidentParticles([11, 13], [50.0, 50.0], [[0, 0, 50.5], [0, 0, 110.0]], [[0, 0, -202.0]] * 2)
    >>> most_deposit_mev(two).tolist()
    [50.0, inf]
    """
    beyond = np.full(len(incident), np.inf)
    for code, extra_mev in _BEYOND_KINETIC_MEV.items():
        beyond[incident.pdg == code] = extra_mev
    return np.asarray(incident.energy_mev.astype(np.float64) + beyond, dtype=np.float64)
