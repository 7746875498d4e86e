"""Takes particles out of Geant4 at the calorimeter's face; runs in a worker process only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.simulate.geant4.handover import SHOWERING
from showerkit.units import ELECTRON_MASS_MEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.geant4.handover import Handover

#: A step that reaches the face ends there to this accuracy, far below any distance in the detector, in mm.
_AT_FACE_MM = 1.0e-6


class FaceRecorder:
    """Ends the tracks that a handover takes, and keeps what they were.

    A scorer in the matter in front of the face sees the steps there and ends a track whose step reaches the
    face. It adds no volume and draws no random number, so that events in which nothing is taken are those of
    the full simulation. A filter inside Geant4 picks particles by kind and energy before any Python runs.

    Parameters
    ----------
    g4
        The module geant4_pybind.
    handover
        Which particles to take.
    world
        The logical volume in front of the face.
    face_mm
        Where the face lies along z in the world's frame, in mm.
    """

    def __init__(self, g4: Any, handover: Handover, world: Any, face_mm: float) -> None:
        self._taken: list[tuple[float, ...]] = []
        self._taken_until: list[int] = []
        scorer = _face_scorer(g4, handover, face_mm, self._taken)
        names = [name for name, code in SHOWERING.items() if code in handover.particles]
        chosen = g4.G4SDParticleWithEnergyFilter("showering", handover.energy_mev[0])
        for name in names:
            chosen.add(name)
        scorer.SetFilter(chosen)
        detector = g4.G4MultiFunctionalDetector("face")
        detector.RegisterPrimitive(scorer)
        g4.G4SDManager.GetSDMpointer().AddNewDetector(detector)
        world.SetSensitiveDetector(detector)
        # Geant4 does not keep Python's objects alive.
        self._kept = (scorer, chosen, detector)

    def start(self) -> None:
        """Forget what was taken before."""
        self._taken.clear()
        self._taken_until.clear()

    def end_event(self) -> None:
        """Note that what is taken from now on belongs to the next event."""
        self._taken_until.append(len(self._taken))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what was taken since the start: rows of events, and particles in the detector's own frame."""
        table = np.array(self._taken, dtype=np.float64).reshape(-1, 7)
        pdg, energy_mev = table[:, 0].astype(np.int32), table[:, 1]
        counts = np.diff(np.array([0, *self._taken_until]))
        mass_mev = np.where(pdg == SHOWERING["gamma"], 0.0, ELECTRON_MASS_MEV)
        momentum_mev = np.sqrt(energy_mev * (energy_mev + 2.0 * mass_mev))[:, None] * table[:, 4:]
        position_mm = np.column_stack([table[:, 2:4], np.zeros(len(table))])
        return {
            "face_row": np.repeat(np.arange(len(counts)), counts),
            "face_pdg": pdg,
            "face_energy_mev": energy_mev.astype(np.float32),
            "face_momentum_mev": momentum_mev.astype(np.float32),
            "face_position_mm": position_mm.astype(np.float32),
        }


def _face_scorer(g4: Any, handover: Handover, face_mm: float, taken: list[tuple[float, ...]]) -> Any:
    """Make the scorer that ends tracks at the face."""
    stop = g4.fStopAndKill

    class FaceScorer(g4.G4VPrimitiveScorer):  # type: ignore[misc]
        def ProcessHits(self, step: Any, history: Any) -> bool:
            end = step.GetPostStepPoint()
            position = end.GetPosition()
            if abs(position.z - face_mm) > _AT_FACE_MM:
                return False
            track, flight = step.GetTrack(), end.GetMomentumDirection()
            pdg, energy_mev = track.GetDefinition().GetPDGEncoding(), end.GetKineticEnergy()
            direction = (flight.x, flight.y, flight.z)
            if not handover.takes(pdg, energy_mev, (position.x, position.y), direction):
                return False
            taken.append((pdg, energy_mev, position.x, position.y, *direction))
            track.SetTrackStatus(stop)
            return True

    return FaceScorer("crossings")
