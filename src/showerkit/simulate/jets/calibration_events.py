"""Dijet events of Pythia 8 with their partons and weights, in blocks that depend on seed and number alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import SimulationError
from showerkit.simulate.jets.calibration_settings import calibration_settings
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK
from showerkit.simulate.jets.pythia_run import pythia_version, record_momenta, started_pythia
from showerkit.simulate.jets.pythia_settings import pythia_seed
from showerkit.simulate.jets.selection_bias import selection_hook
from showerkit.simulate.jets.visible_particles import visible_particles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
    from showerkit.simulate.jets.visible_particles import VisibleParticles

#: Absolute status codes of outgoing partons in Pythia's record: of the hard scattering (23), of further
#: ones (33), of radiation from incoming (43, 44) and outgoing ones (51, 52), and after the last recoil (62).
_OUTGOING: Final = (23, 33, 43, 44, 51, 52, 62)
_PARTONS: Final = (1, 2, 3, 4, 5, 21)
#: Softer partons start no jet that is looked at.
_LOWEST_PARTON_PT_GEV: Final = 2.0


@dataclass(frozen=True)
class Partons:
    """Quarks and gluons of some events, in flat arrays.

    Parameters
    ----------
    pdg
        Absolute Particle Data Group codes, shape (M,).
    momenta_gev
        px, py, pz in GeV, shape (M, 3).
    counts
        Number of partons of each event, shape (events,).
    """

    pdg: NDArray[np.int32]
    momenta_gev: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class DijetEvents:
    """Some events.

    Parameters
    ----------
    event_id
        Their numbers, shape (events,).
    weight
        Their weights, shape (events,).
    partons
        Outgoing partons as they were before they radiated or became hadrons.
    visible
        All final particles but neutrinos.
    """

    event_id: NDArray[np.int64]
    weight: NDArray[np.float64]
    partons: Partons
    visible: VisibleParticles


class DijetSource:
    """Pythia 8, set up for dijets.

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

    def __init__(self, config: CalibrationJetConfig, seed: int) -> None:
        self._seed = seed
        # Pythia does not keep the Python side of its hook alive.
        self._hook = selection_hook(config)
        self._pythia = started_pythia(calibration_settings(config, seed), config.process, self._hook)
        self.version = pythia_version(self._pythia)

    def block(self, number: int) -> DijetEvents:
        """Make one block of `EVENTS_PER_BLOCK` events, the same whatever was made before.

        Raises
        ------
        SimulationError
            If Pythia fails at all events.
        """
        import awkward as ak

        self._pythia.rndm.init(pythia_seed(self._seed, number))
        events = self._pythia.nextBatch(EVENTS_PER_BLOCK, "skip")
        made = len(events)
        if made == 0:
            raise SimulationError(f"events of block {number}", got="none that Pythia 8 could finish")
        counts = np.asarray(ak.num(events.prt), dtype=np.int64)
        record = ak.flatten(events.prt)
        return DijetEvents(
            number * EVENTS_PER_BLOCK + np.arange(made, dtype=np.int64),
            np.asarray(events.info.weights[:, 0], dtype=np.float64),
            _partons(record, counts),
            visible_particles(record, counts),
        )


def _partons(record: Any, counts: NDArray[np.int64]) -> Partons:
    """Outgoing partons of a flat event record, without copies that only take up recoil."""
    code = np.abs(np.asarray(record.id))
    one, two = np.asarray(record.daughter1), np.asarray(record.daughter2)
    pt = np.hypot(np.asarray(record.p.px), np.asarray(record.p.py))
    chosen = np.flatnonzero(
        np.isin(np.abs(np.asarray(record.status)), _OUTGOING)
        & np.isin(code, _PARTONS)
        & ~((one == two) & (one > 0))
        & (pt > _LOWEST_PARTON_PT_GEV)
    )
    event = np.repeat(np.arange(len(counts)), counts)
    return Partons(
        code[chosen].astype(np.int32),
        record_momenta(record, chosen),
        np.bincount(event[chosen], minlength=len(counts)),
    )
