"""Where a simulation's incident particles come from: drawn, or read from another sample's file."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError, DataError
from showerkit.simulate.geant4.construction import check_inside_world
from showerkit.simulate.particles import hadrons_among, particle_named
from showerkit.simulate.primaries import PrimaryConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.data.shower_file import ShowerFile
    from showerkit.geometry import Calorimeter

_ROWS_AT_ONCE = 2**17


@dataclass(frozen=True)
class IncidentSource:
    """The incident particles of a sample.

    Parameters
    ----------
    n
        Number of events.
    seed
        The seed of the sample.
    read
        Gives the particles and event numbers of events start to stop; may be called by any thread.
    primaries
        The distributions they are drawn from, or None.
    like
        The fingerprint of the file they are read from, or None.
    hadrons
        Names of the hadrons among them, which need hadronic physics.
    """

    n: int
    seed: int
    read: Callable[[int, int], tuple[IncidentParticles, NDArray[np.int64]]]
    primaries: PrimaryConfig | None = None
    like: str | None = None
    hadrons: tuple[str, ...] = ()


def incident_source(
    stack: ExitStack,
    calorimeter: Calorimeter,
    *,
    n: int | None = None,
    primaries: PrimaryConfig | None = None,
    like: Path | str | None = None,
    seed: int | None = None,
) -> IncidentSource:
    """Draw particles from distributions, or take those of a file, which the stack then closes.

    Raises
    ------
    ConfigurationError
        If both are given, or for the reasons of `drawn_particles` and `particles_like`.
    DataError, SimulationError
        As these raise them.
    """
    from showerkit.data.shower_file import ShowerFile

    if like is None:
        return drawn_particles(primaries, calorimeter, n, seed)
    if primaries is not None:
        raise ConfigurationError("distributions of particles together with like", mend="give one of them")
    return particles_like(stack.enter_context(ShowerFile(like)), calorimeter, n, seed)


def drawn_particles(
    primaries: PrimaryConfig | None, calorimeter: Calorimeter, n: int | None, seed: int | None
) -> IncidentSource:
    """Draw particles from distributions, by default electrons, uniform from 0 to 20 GeV.

    Raises
    ------
    ConfigurationError
        If the number is missing or below 1.
    SimulationError
        If the gun stands outside the simulated world.
    """
    if n is None:
        raise ConfigurationError("the number of showers is missing", mend="give -n")
    if n < 1:
        raise ConfigurationError("the number of showers", got=n, expected="at least 1")
    chosen = primaries or PrimaryConfig()
    hadrons = tuple(name for name in chosen.particles if particle_named(name).is_hadron)
    chosen_seed = 1 if seed is None else seed
    check_inside_world(chosen.corners(calorimeter), calorimeter)

    def read(start: int, stop: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        ids = np.arange(start, stop, dtype=np.int64)
        return chosen.sample(chosen_seed, ids, calorimeter), ids

    return IncidentSource(n, chosen_seed, read, primaries=chosen, hadrons=hadrons)


def particles_like(
    file: ShowerFile, calorimeter: Calorimeter, n: int | None, seed: int | None
) -> IncidentSource:
    """Take particles and event numbers from a file, for another sample of the same ones.

    Raises
    ------
    ConfigurationError
        If the seed is that of the file, whose showers would only come out again, or `n` is too large.
    DataError
        If the file is of another detector.
    """
    name = str(file.paths[0])
    if file.detector != calorimeter:
        raise DataError(
            f"{name} is of another detector",
            got=file.detector.name,
            expected=f"{calorimeter.name} with the same settings",
        )
    if seed is not None and seed == file.metadata.seed and file.metadata.kind == "geant4":
        raise ConfigurationError(
            "the seed",
            got=f"{seed}, as in {name}",
            expected="another one, or the same showers come out",
            mend="leave the seed out",
        )
    total = len(file) if n is None else n
    if not 1 <= total <= len(file):
        raise ConfigurationError(
            "the number of showers", got=total, expected=f"1 to {len(file)}, as in {name}"
        )
    hadrons: dict[str, None] = {}
    for start in range(0, total, _ROWS_AT_ONCE):
        incident = file.read_incident(start, min(start + _ROWS_AT_ONCE, total))[0]
        hadrons |= dict.fromkeys(hadrons_among(incident.pdg))
        check_inside_world(incident, calorimeter)
    lock = Lock()

    def read(start: int, stop: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        with lock:  # HDF5 files are not to be read by two threads at once
            return file.read_incident(start, stop)

    chosen_seed = file.metadata.seed + 1 if seed is None else seed
    return IncidentSource(total, chosen_seed, read, like=file.fingerprint(), hadrons=tuple(hadrons))
