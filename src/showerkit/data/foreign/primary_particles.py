"""The particles that started the events of an EDM4hep file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.foreign.source import incident_along
from showerkit.errors import DataError
from showerkit.simulate.particles import PARTICLES
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.foreign.readout import DetectorFrame
    from showerkit.data.records import IncidentParticles
    from showerkit.typing import IntArray

#: Status of particles that a generator hands to the simulation.
_PRIMARY: Final = 1
#: What is read of `MCParticles`.
COLUMNS: Final = (
    "generatorStatus",
    "PDG",
    "mass",
    *(f"momentum.{axis}" for axis in "xyz"),
    *(f"vertex.{axis}" for axis in "xyz"),
)


def primary_particles(
    counts: IntArray, columns: list[NDArray[Any]], frame: DetectorFrame, which: str
) -> IncidentParticles:
    """Choose the incident particle of each event.

    Parameters
    ----------
    counts
        Particles of each event, shape (N,).
    columns
        The values of `COLUMNS` of all particles, event after event; mass and momentum in GeV, the
        vertex in mm.
    frame
        Where the detector stands.
    which
        ``only``, ``first`` or ``most-energetic`` of the particles of generator status 1.

    Returns
    -------
    IncidentParticles
        One an event, in the detector's frame.

    Raises
    ------
    DataError
        If an event has no such particle, or several where only one is allowed.
    """
    primary = columns[0] == _PRIMARY
    events = np.repeat(np.arange(len(counts)), counts)[primary]
    pdg, mass_gev, *rest = (column[primary] for column in columns[1:])
    momentum = np.stack(rest[:3], axis=1).astype(np.float64) * MEV_PER_GEV
    vertex = np.stack(rest[3:], axis=1)
    for name, values in (("mass", mass_gev), ("momentum", momentum), ("vertex", vertex)):
        if not np.isfinite(values).all():
            raise DataError(f"MCParticles.{name}", got="NaN or infinity", expected="finite values")
    found = np.bincount(events, minlength=len(counts))
    wrong = found != 1 if which == "only" else found == 0
    if wrong.any():
        event = int(np.argmax(wrong))
        raise DataError(
            f"MCParticles of event {event} of these",
            got=f"{found[event]} primary particles (generator status {_PRIMARY})",
            expected="one" if which == "only" else "at least one",
            mend="say which with --primary first or --primary most-energetic" if found[event] else None,
        )
    size = np.linalg.norm(momentum, axis=1)
    mass = _masses_mev(pdg, mass_gev)
    # The form without cancellation for slow particles.
    kinetic = size * size / np.maximum(np.hypot(size, mass) + mass, np.finfo(float).tiny)
    rank = -kinetic if which == "most-energetic" else np.zeros(len(events))
    order = np.lexsort((rank, events))
    chosen = order[np.unique(events[order], return_index=True)[1]]
    direction = frame.directions(momentum[chosen] / np.maximum(size[chosen], np.finfo(float).tiny)[:, None])
    return incident_along(
        pdg[chosen], mass[chosen], kinetic[chosen], direction, frame.positions(vertex[chosen])
    )


def _masses_mev(pdg: NDArray[Any], mass_gev: NDArray[Any]) -> NDArray[np.float64]:
    """Masses of known particles to all digits, of others as the file has them."""
    mass = mass_gev.astype(np.float64) * MEV_PER_GEV
    for particle in PARTICLES:
        mass[pdg == particle.pdg] = particle.mass_mev
    return mass
