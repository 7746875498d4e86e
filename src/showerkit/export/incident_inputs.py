"""Incident particles as inputs of a graph: energy, direction, a point of the line of flight, particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from showerkit.export.onnx_description import OnnxInput
from showerkit.simulate.particles import particle_with_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.condition_transform import InputName
    from showerkit.data.records import IncidentParticles

#: Smallest z component of a direction that is divided by.
_LEAST_Z: Final = 1.0e-6


class Flight(NamedTuple):
    """Incident particles inside a graph, in double precision; N of them.

    Parameters
    ----------
    energy_mev
        Kinetic energies, in MeV, shape (N, 1).
    momentum_mev
        Magnitudes of the momenta, in MeV, shape (N, 1).
    direction
        Unit vectors, shape (N, 3).
    position_mm
        Points of the lines of flight, in mm, shape (N, 3).
    particle
        Particle Data Group codes, shape (N, 1); None if there is but one.
    """

    energy_mev: Tensor
    momentum_mev: Tensor
    direction: Tensor
    position_mm: Tensor
    particle: Tensor | None

    @property
    def slopes(self) -> Tensor:
        """Px / pz and py / pz, shape (N, 2)."""
        return self.direction[:, :2] / self.direction[:, 2:].clamp(min=_LEAST_Z)

    def crossing_mm(self, z_mm: float) -> Tensor:
        """Where the lines of flight cross a plane, shape (N, 2)."""
        return self.position_mm[:, :2] + (z_mm - self.position_mm[:, 2:]) * self.slopes


class IncidentInputs(nn.Module):
    """Reads a graph's first inputs.

    Parameters
    ----------
    particles
        Codes of the particles that the model knows; with several, the code is an input.
    """

    def __init__(self, particles: tuple[int, ...]) -> None:
        super().__init__()
        self.particles = particles

    @property
    def inputs(self) -> tuple[OnnxInput, ...]:
        """The inputs that say what flies in."""
        told = [
            OnnxInput(name="incident_energy_mev", role="incident-energy", width=1, unit="MeV"),
            OnnxInput(name="direction", role="direction", width=3, unit="1"),
            OnnxInput(name="position_mm", role="position", width=3, unit="mm"),
        ]
        if len(self.particles) > 1:
            told.append(OnnxInput(name="particle", role="particle", type="int64", width=1, unit="pdg"))
        return tuple(told)

    def forward(self, *given: Tensor) -> Flight:
        """Read the inputs, in their order."""
        energy_mev = given[0].double()
        direction = given[1].double()
        direction = direction / direction.square().sum(dim=1, keepdim=True).sqrt()
        particle = given[3] if len(given) > 3 else None
        mass_mev = torch.full_like(energy_mev, particle_with_code(self.particles[0]).mass_mev)
        if particle is not None:
            for code in self.particles[1:]:
                mass = particle_with_code(code).mass_mev
                mass_mev = torch.where(particle == code, mass, mass_mev)
        momentum_mev = (energy_mev * (energy_mev + 2.0 * mass_mev)).sqrt()
        return Flight(energy_mev, momentum_mev, direction, given[2].double(), particle)


def condition_columns(flight: Flight, names: tuple[InputName, ...], plane_mm: float) -> Tensor:
    """Give quantities of incident particles as `showerkit.data.condition_transform.condition_values` does.

    Parameters
    ----------
    flight
        The particles.
    names
        The quantities.
    plane_mm
        Where x and y are taken, in mm.

    Returns
    -------
    torch.Tensor
        Columns in MeV, rad and mm, shape (N, names).
    """
    columns = []
    for name in names:
        if name == "energy":
            columns.append(flight.energy_mev)
        elif name in ("px", "py", "pz"):
            axis = ("px", "py", "pz").index(name)
            columns.append(flight.momentum_mev * flight.direction[:, axis : axis + 1])
        elif name in ("x", "y"):
            axis = ("x", "y").index(name)
            columns.append(flight.crossing_mm(plane_mm)[:, axis : axis + 1])
        else:
            x, y, z = (flight.direction[:, axis : axis + 1] for axis in range(3))
            angle = (x.square() + y.square()).sqrt(), z
            sine, cosine = angle if name == "theta" else (y, x)
            # The runtime has no arc tangent in double precision.
            columns.append(torch.atan2(sine.float(), cosine.float()).double())
    return torch.cat(columns, dim=1)


def incident_arrays(inputs: tuple[OnnxInput, ...], incident: IncidentParticles) -> dict[str, NDArray[Any]]:
    """Give incident particles as the inputs of a graph.

    Parameters
    ----------
    inputs
        The graph's inputs; random ones are left out.
    incident
        The particles, N of them.

    Returns
    -------
    dict
        Arrays by name, shape (N, width).
    """
    of_role: Mapping[str, NDArray[Any]] = {
        "incident-energy": incident.energy_mev[:, None],
        "direction": incident.direction,
        "position": incident.position_mm,
        "particle": incident.pdg[:, None],
    }
    return {
        given.name: of_role[given.role].astype(np.dtype(given.type))
        for given in inputs
        if given.role in of_role
    }
