"""Runs Geant4 over given incident particles; lives in a worker process only.

A process can hold one run manager, and Geant4 keeps its state in globals, hence the worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.geometry.world import face_mm, face_z_mm
from showerkit.rng import event_seeds
from showerkit.simulate.geant4.construction import build_world
from showerkit.simulate.geant4.face import FaceRecorder
from showerkit.simulate.geant4.physics_list import electromagnetic_physics, hadronic_physics
from showerkit.simulate.geant4.scoring import CellReader, attach_scorers
from showerkit.simulate.geant4.version import geant4_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.geant4.handover import Handover
    from showerkit.simulate.geant4.settings import Geant4Settings


class EventLoop:
    """Geant4, initialised for one detector and ready to simulate events.

    Parameters
    ----------
    settings
        Detector, cut and seed.
    before_event
        Called before each event.
    """

    def __init__(self, settings: Geant4Settings, before_event: Callable[[], None] = lambda: None) -> None:
        import geant4_pybind as g4

        self._settings = settings
        # Geant4 wants this order: manager, geometry and physics, then actions.
        self._manager = g4.G4RunManager()
        self._manager.SetVerboseLevel(0)
        self._construction = _construction(g4, settings.detector, settings.handover)
        self._manager.SetUserInitialization(self._construction)
        physics = hadronic_physics if settings.hadronic else electromagnetic_physics
        self._manager.SetUserInitialization(physics(g4, settings.cut_mm))
        self._gun = _gun_action(g4, settings.detector, before_event)
        self._recorder = _recorder_action(g4, settings.detector, self._construction)
        self._manager.SetUserAction(self._gun)
        self._manager.SetUserAction(self._recorder)
        self._manager.Initialize()
        self._recorder.find_scorers()
        self._manager.BeamOn(0)

    @property
    def version(self) -> str:
        """Geant4's version, such as ``11.4.1``."""
        return geant4_version(self._manager.GetVersionString())

    def run(
        self, incident: IncidentParticles, event_ids: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Simulate events, each with its own random stream.

        Returns
        -------
        tuple
            Deposits in MeV and, for detectors that count them, charged tracks, shape (N, cells).
        """
        detector = self._settings.detector
        energy_mev = np.zeros((len(incident), detector.n_cells), np.float32)
        tracks = np.zeros_like(energy_mev) if detector.counts_charged_tracks else None
        self._gun.load(incident, event_seeds(self._settings.seed, "geant4", event_ids))
        self._recorder.load(energy_mev, tracks)
        self._manager.BeamOn(len(incident))
        return energy_mev, tracks

    def taken_at_face(self) -> dict[str, NDArray[Any]]:
        """Give the particles that the last run took out at the face (none if it was not to), as arrays."""
        face = self._construction.face
        return {} if face is None else face.arrays()


def _gun_action(g4: Any, calorimeter: Calorimeter, before_event: Callable[[], None]) -> Any:
    """Make the action that seeds each event and shoots its particle."""
    gun = g4.G4ParticleGun(1)
    table = g4.G4ParticleTable.GetParticleTable()
    face = np.array(face_mm(calorimeter))

    class Gun(g4.G4VUserPrimaryGeneratorAction):  # type: ignore[misc]
        def load(self, incident: IncidentParticles, seeds: NDArray[np.int64]) -> None:
            # Plain lists: indexing an array element by element is slower than the physics of a short event.
            self.events = list(
                zip(
                    [[*pair, 0] for pair in seeds.tolist()],  # the list of seeds ends with a 0
                    incident.pdg.tolist(),
                    incident.energy_mev.astype(np.float64).tolist(),
                    (incident.position_mm + face).tolist(),
                    incident.direction.tolist(),
                    strict=True,
                )
            )

        def GeneratePrimaries(self, event: Any) -> None:
            before_event()
            seeds, pdg, energy_mev, position_mm, direction = self.events[event.GetEventID()]
            g4.HepRandom.setTheSeeds(seeds)
            gun.SetParticleDefinition(table.FindParticle(pdg))
            gun.SetParticleEnergy(energy_mev)
            gun.SetParticlePosition(g4.G4ThreeVector(*position_mm))
            gun.SetParticleMomentumDirection(g4.G4ThreeVector(*direction))
            gun.GeneratePrimaryVertex(event)

    return Gun()


def _recorder_action(g4: Any, calorimeter: Calorimeter, construction: Any) -> Any:
    """Make the action that copies each finished event's sums."""

    class Recorder(g4.G4UserEventAction):  # type: ignore[misc]
        def find_scorers(self) -> None:
            self.reader = CellReader(g4, calorimeter)
            self.face = construction.face

        def load(self, energy_mev: NDArray[np.float32], tracks: NDArray[np.float32] | None) -> None:
            self.energy_mev, self.tracks = energy_mev, tracks
            if self.face is not None:
                self.face.start()

        def EndOfEventAction(self, event: Any) -> None:
            i = event.GetEventID()
            self.reader.read(event, self.energy_mev[i], None if self.tracks is None else self.tracks[i])
            if self.face is not None:
                self.face.end_event()

    return Recorder()


def _construction(g4: Any, calorimeter: Calorimeter, handover: Handover | None) -> Any:
    """Make the geometry with its scorers."""

    class Construction(g4.G4VUserDetectorConstruction):  # type: ignore[misc]
        face: FaceRecorder | None = None

        def Construct(self) -> Any:
            world, active = build_world(g4, calorimeter)
            self.scorers = attach_scorers(g4, calorimeter, active)
            if handover is not None:
                in_front = world.GetLogicalVolume()
                self.face = FaceRecorder(g4, handover, in_front, face_z_mm(calorimeter))
            return world

    return Construction()
