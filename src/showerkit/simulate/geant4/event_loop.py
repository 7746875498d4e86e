"""Runs Geant4 over given incident particles; lives in a worker process only.

A process can hold one run manager, and Geant4 keeps its state in globals, hence the worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import SimulationError
from showerkit.rng import event_seeds
from showerkit.simulate.geant4.construction import build_world, face_z_mm, world_half_lengths_mm
from showerkit.simulate.geant4.physics_list import electromagnetic_physics
from showerkit.simulate.geant4.scoring import CellReader, attach_scorers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.simulate.geant4.settings import Geant4Settings


class EventLoop:
    """Geant4, initialised for one detector and ready to simulate events.

    Parameters
    ----------
    settings
        Detector, cut and seed.
    before_event
        Called before each event.
    scored
        Whether to score; the bare loop of the overhead benchmark does not.
    """

    def __init__(
        self,
        settings: Geant4Settings,
        before_event: Callable[[], None] = lambda: None,
        *,
        scored: bool = True,
    ) -> None:
        import geant4_pybind as g4

        self._settings = settings
        self._before_event = before_event
        self._kept: list[Any] = []
        self._incident: IncidentParticles | None = None
        self._energy = np.zeros((0, settings.detector.n_cells), np.float32)
        self._tracks: NDArray[np.float32] | None = None
        self._manager = g4.G4RunManager()
        self._manager.SetVerboseLevel(0)
        self._manager.SetUserInitialization(_detector_construction(g4, settings, self._kept, scored))
        self._manager.SetUserInitialization(electromagnetic_physics(g4, settings.cut_mm))
        self._manager.SetUserAction(self._generator_action(g4))
        if scored:
            self._manager.SetUserAction(self._event_action(g4))
        self._manager.Initialize()
        self._manager.BeamOn(0)
        self._reader = CellReader(g4, settings.detector) if scored else None

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

        Raises
        ------
        SimulationError
            If a particle starts outside the world.
        """
        n = len(incident)
        self._check_inside(incident)
        self._incident = incident
        self._seeds = event_seeds(self._settings.seed, "geant4", event_ids).tolist()
        self._energies = incident.energy_mev.astype(np.float64).tolist()
        self._directions = incident.direction.tolist()
        self._positions = incident.position_mm.astype(np.float64).tolist()
        self._codes = incident.pdg.tolist()
        self._energy = np.zeros((n, self._settings.detector.n_cells), np.float32)
        counts = self._settings.detector.counts_charged_tracks
        self._tracks = np.zeros_like(self._energy) if counts else None
        self._manager.BeamOn(n)
        return self._energy, self._tracks

    def _check_inside(self, incident: IncidentParticles) -> None:
        detector = self._settings.detector
        position = incident.position_mm.astype(np.float64)
        half = np.array(world_half_lengths_mm(detector))
        outside = np.abs(position + np.array([0.0, 0.0, face_z_mm(detector)])) >= half
        if outside.any():
            bad = int(np.argmax(outside.any(axis=1)))
            raise SimulationError(
                "position of an incident particle in mm",
                got=tuple(round(float(value), 3) for value in position[bad]),
                expected=f"|x| < {half[0]:g}, |y| < {half[1]:g} and "
                f"{-half[2] - face_z_mm(detector):g} < z < {half[2] - face_z_mm(detector):g}",
                mend="move the gun nearer to the calorimeter",
            )

    def _generator_action(self, g4: Any) -> Any:
        loop = self
        gun = g4.G4ParticleGun(1)
        table = g4.G4ParticleTable.GetParticleTable()
        face = face_z_mm(self._settings.detector)
        set_seeds = g4.HepRandom.setTheSeeds
        vector = g4.G4ThreeVector

        class Generator(g4.G4VUserPrimaryGeneratorAction):  # type: ignore[misc]
            def GeneratePrimaries(self, event: Any) -> None:
                i = event.GetEventID()
                loop._before_event()
                set_seeds([*loop._seeds[i], 0])  # 0 ends the list
                x, y, z = loop._positions[i]
                gun.SetParticleDefinition(table.FindParticle(loop._codes[i]))
                gun.SetParticleEnergy(loop._energies[i])
                gun.SetParticlePosition(vector(x, y, z + face))
                gun.SetParticleMomentumDirection(vector(*loop._directions[i]))
                gun.GeneratePrimaryVertex(event)

        return Generator()

    def _event_action(self, g4: Any) -> Any:
        loop = self

        class Reader(g4.G4UserEventAction):  # type: ignore[misc]
            def EndOfEventAction(self, event: Any) -> None:
                i = event.GetEventID()
                tracks = None if loop._tracks is None else loop._tracks[i]
                reader = loop._reader
                if reader is not None:  # None only in the empty run that builds the physics tables
                    reader.read(event, loop._energy[i], tracks)

        return Reader()


def geant4_version(banner: str) -> str:
    """Read the version out of Geant4's banner.

    Examples
    --------
    >>> geant4_version(" Geant4 version Name: geant4-11-04-patch-01 [MT]   (6-March-2026)")
    '11.4.1'
    """
    import re

    found = re.search(r"geant4-(\d+)-(\d+)(?:-patch-(\d+))?", banner)
    if found is None:
        return banner.strip()
    return ".".join(str(int(part or 0)) for part in found.groups())


def _detector_construction(g4: Any, settings: Geant4Settings, kept: list[Any], scored: bool) -> Any:
    class Construction(g4.G4VUserDetectorConstruction):  # type: ignore[misc]
        def Construct(self) -> Any:
            world, active = build_world(g4, settings.detector)
            if scored:
                kept.extend(attach_scorers(g4, settings.detector, active))
            return world

    return Construction()
