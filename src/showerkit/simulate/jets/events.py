"""Events of Pythia 8 as flat arrays, made in blocks that depend on the seed and their number alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import SimulationError
from showerkit.simulate.jets.pythia_run import (
    pythia_version,
    record_momenta,
    started_pythia,
)
from showerkit.simulate.jets.pythia_settings import pythia_seed, pythia_settings
from showerkit.simulate.jets.visible_particles import visible_particles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.config import JetProcessConfig
    from showerkit.simulate.jets.visible_particles import VisibleParticles

#: Events made from one seed; event ids are counted through the blocks.
EVENTS_PER_BLOCK: Final = 100
#: Places of the two outgoing particles of the hard scattering in Pythia's event record.
_OUTGOING: Final = slice(5, 7)


@dataclass(frozen=True)
class EventBlock:
    """Some events.

    Parameters
    ----------
    event_id
        Their numbers, shape (events,).
    hard_pdg
        Codes of the two outgoing particles of the hard scattering, shape (events, 2).
    hard_momenta_gev
        Their momenta just before they radiate or decay, in GeV, shape (events, 2, 3).
    visible
        All final particles but neutrinos.
    """

    event_id: NDArray[np.int64]
    hard_pdg: NDArray[np.int32]
    hard_momenta_gev: NDArray[np.float64]
    visible: VisibleParticles


class PythiaEvents:
    """Pythia 8, set up for one process.

    Parameters
    ----------
    config
        What to simulate.
    seed
        The seed of the sample.

    Raises
    ------
    MissingDependencyError
        If Pythia 8 is not installed.
    SimulationError
        If Pythia does not start with these settings.
    """

    def __init__(self, config: JetProcessConfig, seed: int) -> None:
        self._seed = seed
        self._pythia = started_pythia(pythia_settings(config, seed), config.process)
        self.version = pythia_version(self._pythia)

    def block(self, number: int) -> EventBlock:
        """Make one block of `EVENTS_PER_BLOCK` events, the same whatever was made before.

        Raises
        ------
        SimulationError
            If Pythia fails at too many events.
        """
        import awkward as ak

        self._pythia.rndm.init(pythia_seed(self._seed, number))
        events = self._pythia.nextBatch(EVENTS_PER_BLOCK, "skip")
        made = len(events)
        if made == 0:
            raise SimulationError(f"events of block {number}", got="none that Pythia 8 could finish")
        counts = np.asarray(ak.num(events.prt), dtype=np.int64)
        record = ak.flatten(events.prt)
        first = np.cumsum(counts) - counts
        outgoing = first[:, None] + np.arange(_OUTGOING.start, _OUTGOING.stop)
        last = _last_copies(record, outgoing, first[:, None])
        return EventBlock(
            number * EVENTS_PER_BLOCK + np.arange(made, dtype=np.int64),
            np.asarray(record.id)[outgoing],
            record_momenta(record, last),
            visible_particles(record, counts),
        )


def _last_copies(record: Any, places: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Follow particles through the copies that only take up recoil, until they radiate or decay."""
    one, two = np.asarray(record.daughter1), np.asarray(record.daughter2)
    while True:
        copied = (one[places] == two[places]) & (one[places] > 0)
        if not copied.any():
            return places
        places = np.where(copied, first + one[places], places)
