"""The most that an incident particle can deposit, inside a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from showerkit.data.records import IncidentParticles
from showerkit.generate.energy_limit import most_deposit_mev

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.export.incident_inputs import Flight

#: Stands for "no limit" in MeV.
_NO_LIMIT: Final = 1.0e30


def most_deposit(flight: Flight, particles: tuple[int, ...]) -> Tensor:
    """`showerkit.generate.energy_limit.most_deposit_mev` for tensors.

    Parameters
    ----------
    flight
        The incident particles, N of them.
    particles
        Codes of the particles that the model knows.

    Returns
    -------
    torch.Tensor
        Energies in MeV, shape (N, 1).
    """
    beyond = [_beyond_kinetic_mev(code) for code in particles]
    most = flight.energy_mev + beyond[0]
    if flight.particle is not None:
        for code, extra in zip(particles[1:], beyond[1:], strict=True):
            most = torch.where(flight.particle == code, flight.energy_mev + extra, most)
    return most


def _beyond_kinetic_mev(pdg: int) -> float:
    """What a particle can deposit beyond its kinetic energy; a huge number where there is no limit."""
    zero = np.zeros((1, 3), np.float32)
    at_rest = IncidentParticles(np.array([pdg], np.int32), zero[:, 0], zero, zero)
    return min(float(most_deposit_mev(at_rest)[0]), _NO_LIMIT)
