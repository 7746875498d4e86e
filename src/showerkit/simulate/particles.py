"""The particles that can start a shower: names, Particle Data Group codes and masses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError, DataError, suggest
from showerkit.units import ELECTRON_MASS_MEV, MUON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ParticleType:
    """A kind of particle.

    Parameters
    ----------
    name
        Its name as Geant4 writes it.
    pdg
        Its Particle Data Group code.
    mass_mev
        Its mass in MeV.
    is_hadron
        Whether its showers need hadronic physics.
    """

    name: str
    pdg: int
    mass_mev: float
    is_hadron: bool = False


# Masses: Particle Data Group, Review of Particle Physics 2024.
PARTICLES = (
    ParticleType("e-", 11, ELECTRON_MASS_MEV),
    ParticleType("e+", -11, ELECTRON_MASS_MEV),
    ParticleType("gamma", 22, 0.0),
    ParticleType("mu-", 13, MUON_MASS_MEV),
    ParticleType("mu+", -13, MUON_MASS_MEV),
    ParticleType("pi-", -211, 139.57039, is_hadron=True),
    ParticleType("pi+", 211, 139.57039, is_hadron=True),
    ParticleType("kaon-", -321, 493.677, is_hadron=True),
    ParticleType("kaon+", 321, 493.677, is_hadron=True),
    ParticleType("kaon0L", 130, 497.611, is_hadron=True),
    ParticleType("proton", 2212, 938.27208943, is_hadron=True),
    ParticleType("neutron", 2112, 939.5654194, is_hadron=True),
)
#: What else people call them.
_OTHER_NAMES = {
    "electron": "e-",
    "positron": "e+",
    "photon": "gamma",
    "muon": "mu-",
    "antimuon": "mu+",
    "muon-": "mu-",
    "muon+": "mu+",
    "pion": "pi+",
    "pion+": "pi+",
    "pion-": "pi-",
    "piplus": "pi+",
    "piminus": "pi-",
    "kaon": "kaon+",
    "k+": "kaon+",
    "k-": "kaon-",
    "klong": "kaon0L",
    "k0l": "kaon0L",
    "p": "proton",
    "p+": "proton",
    "n": "neutron",
}
_BY_NAME = {particle.name: particle for particle in PARTICLES}
_BY_PDG = {particle.pdg: particle for particle in PARTICLES}


def particle_named(name: str) -> ParticleType:
    """Look a particle up by name.

    Raises
    ------
    ConfigurationError
        If there is none of that name.

    Examples
    --------
    >>> particle_named("mu-").pdg
    13
    >>> try:
    ...     particle_named("electron")
    ... except ConfigurationError as error:
    ...     print(error)
    unknown particle 'electron'; to mend: did you mean 'e-'?
    """
    if name not in _BY_NAME:
        raise ConfigurationError(f"unknown particle '{name}'", mend=_meant(name))
    return _BY_NAME[name]


def _meant(name: str) -> str:
    """Say which particle an unknown name or a code most likely stands for."""
    word = name.lower()
    known = {str(particle.pdg): particle.name for particle in PARTICLES} | _OTHER_NAMES
    return f"did you mean '{known[word]}'?" if word in known else suggest(name, _BY_NAME)


def particle_with_code(pdg: int) -> ParticleType:
    """Look a particle up by its Particle Data Group code.

    Raises
    ------
    DataError
        If it is none of the particles that can be simulated.

    Examples
    --------
    >>> particle_with_code(-11).name
    'e+'
    """
    if pdg not in _BY_PDG:
        raise DataError(
            "incident_pdg",
            got=pdg,
            expected="one of " + ", ".join(f"{p.pdg} ({p.name})" for p in PARTICLES),
        )
    return _BY_PDG[pdg]


def hadrons_among(pdg: NDArray[np.int32]) -> list[str]:
    """Names of the hadrons among Particle Data Group codes, each once.

    Raises
    ------
    DataError
        If a code is none of the particles that can be simulated.

    Examples
    --------
    >>> hadrons_among(np.array([11, 211, 211], dtype=np.int32))
    ['pi+']
    """
    found = []
    for code in np.unique(pdg).tolist():
        particle = particle_with_code(code)
        if particle.is_hadron:
            found.append(particle.name)
    return found
