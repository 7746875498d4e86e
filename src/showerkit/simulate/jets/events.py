"""Events of Pythia 8 as flat arrays, made in blocks that depend on the seed and their number alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import MissingDependencyError, SimulationError
from showerkit.simulate.jets.pythia_settings import pythia_seed, pythia_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.config import JetProcessConfig

#: Events made from one seed; event ids are counted through the blocks.
EVENTS_PER_BLOCK: Final = 100
_NEUTRINOS: Final = (12, 14, 16)
#: Places of the two outgoing particles of the hard scattering in Pythia's event record.
_OUTGOING: Final = slice(5, 7)


@dataclass(frozen=True)
class VisibleParticles:
    """The particles of some events that a detector could see, in flat arrays.

    Parameters
    ----------
    pdg
        Particle Data Group codes, shape (M,).
    momenta_gev
        px, py, pz in GeV, shape (M, 3).
    energy_gev
        Energies in GeV, shape (M,).
    counts
        Number of particles of each event, shape (events,).
    """

    pdg: NDArray[np.int32]
    momenta_gev: NDArray[np.float64]
    energy_gev: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def event(self) -> NDArray[np.int64]:
        """Index of each particle's event, shape (M,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


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
        try:
            import pythia8mc
        except ImportError:
            raise MissingDependencyError(
                "Pythia 8 is not installed", mend="pip install 'showerkit[jets]'"
            ) from None
        self._seed = seed
        self._pythia = pythia8mc.Pythia("", False)
        for line in pythia_settings(config, seed):
            if not self._pythia.readString(line):
                raise SimulationError("Pythia 8 does not know a setting", got=repr(line))
        if not self._pythia.init():
            raise SimulationError(
                f"Pythia 8 does not start for process '{config.process}'",
                expected="a process that is possible at this energy",
                mend="look at sqrt_s_tev and parton_pt_gev, and at what Pythia says in the log",
            )
        self.version = f"{self._pythia.parm('Pythia:versionNumber'):.3f}"

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
        pdg = np.asarray(record.id)
        seen = (np.asarray(record.status) > 0) & ~np.isin(np.abs(pdg), _NEUTRINOS)
        event = np.repeat(np.arange(made), counts)
        return EventBlock(
            number * EVENTS_PER_BLOCK + np.arange(made, dtype=np.int64),
            pdg[outgoing],
            _momenta(record, last),
            VisibleParticles(
                pdg[seen],
                _momenta(record, seen),
                np.asarray(record.p.e)[seen],
                np.bincount(event[seen], minlength=made),
            ),
        )


def _last_copies(record: Any, places: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Follow particles through the copies that only take up recoil, until they radiate or decay."""
    one, two = np.asarray(record.daughter1), np.asarray(record.daughter2)
    while True:
        copied = (one[places] == two[places]) & (one[places] > 0)
        if not copied.any():
            return places
        places = np.where(copied, first + one[places], places)


def _momenta(record: Any, chosen: NDArray[Any]) -> NDArray[np.float64]:
    return np.stack([np.asarray(record.p[name])[chosen] for name in ("px", "py", "pz")], axis=-1)
