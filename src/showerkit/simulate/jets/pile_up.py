"""Further collisions on top of each event, drawn from a pool that every worker makes for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import SimulationError
from showerkit.simulate.jets.calibration_settings import minimum_bias_settings
from showerkit.simulate.jets.kinematics import pseudorapidity
from showerkit.simulate.jets.pythia_run import started_pythia
from showerkit.simulate.jets.pythia_settings import pythia_seed
from showerkit.simulate.jets.visible_particles import VisibleParticles, visible_particles

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig

#: Collisions in the pool. Each use turns one by a random angle and mirrors every second one, so that the
#: same collision hardly ever lies in the same way under two jets.
_POOL: Final = 2000
_AT_ONCE: Final = 200
#: No detector looks further forward.
_ABS_ETA_MAX: Final = 5.5


class PileUp:
    """Collisions to lay over others.

    Parameters
    ----------
    config
        Their mean number and the energy of the collisions.
    seed
        The seed of the sample: every worker has the same pool.
    check
        Called between portions.

    Raises
    ------
    SimulationError
        If Pythia 8 does not start or makes no collision.
    """

    def __init__(self, config: CalibrationJetConfig, seed: int, check: Callable[[], None]) -> None:
        import awkward as ak

        self._mean = config.pile_up
        pythia = started_pythia(minimum_bias_settings(config, seed), "minimum bias")
        parts = []
        for portion in range(_POOL // _AT_ONCE):
            check()
            pythia.rndm.init(pythia_seed(seed, portion, 1))
            events = pythia.nextBatch(_AT_ONCE, "skip")
            if len(events) == 0:
                raise SimulationError("minimum bias", got="no event that Pythia 8 could finish")
            counts = np.asarray(ak.num(events.prt), dtype=np.int64)
            particles = visible_particles(ak.flatten(events.prt), counts)
            parts.append(particles.chosen(np.abs(pseudorapidity(particles.momenta_gev)) < _ABS_ETA_MAX))
        self.pool = VisibleParticles(
            np.concatenate([part.pdg for part in parts]),
            np.concatenate([part.momenta_gev for part in parts]),
            np.concatenate([part.energy_gev for part in parts]),
            np.concatenate([part.counts for part in parts]),
        )

    def draw(self, n_events: int, random: np.random.Generator) -> tuple[NDArray[np.int64], VisibleParticles]:
        """Draw the collisions that lie on top of some events.

        Parameters
        ----------
        n_events
            Number of events.
        random
            Source of the random numbers.

        Returns
        -------
        tuple
            Numbers of collisions, from a Poisson distribution, shape (n_events,), and the particles of all
            collisions of each event.
        """
        numbers = random.poisson(self._mean, n_events).astype(np.int64)
        return numbers, overlay(self.pool, numbers, random)


def overlay(
    pool: VisibleParticles, numbers: NDArray[np.int64], random: np.random.Generator
) -> VisibleParticles:
    """Draw so many collisions for each event, turned and mirrored at random.

    Parameters
    ----------
    pool
        The collisions to draw from.
    numbers
        How many each event gets, shape (events,).
    random
        Source of the random numbers.

    Returns
    -------
    VisibleParticles
        Their particles, by event.
    """
    total = int(numbers.sum())
    drawn = random.integers(0, len(pool.counts), total)
    angle = random.uniform(0.0, 2.0 * np.pi, total)
    mirror = np.where(random.random(total) < 0.5, -1.0, 1.0)
    particles = pool.of_events(drawn)
    collision = particles.event
    x, y, z = particles.momenta_gev.T
    cosine, sine = np.cos(angle)[collision], np.sin(angle)[collision]
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y, mirror[collision] * z], axis=1)
    event = np.repeat(np.arange(len(numbers)), numbers)
    counts = np.bincount(event, weights=particles.counts, minlength=len(numbers)).astype(np.int64)
    return replace(particles, momenta_gev=turned, counts=counts)
