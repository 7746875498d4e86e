"""Which processes Geant4 simulates; the building runs in a worker process only."""

from __future__ import annotations

from typing import Any

#: Names of the physics lists, as files report them.
ELECTROMAGNETIC = "G4EmStandardPhysics, G4DecayPhysics"
HADRONIC = "FTFP_BERT"


def electromagnetic_physics(g4: Any, cut_mm: float) -> Any:
    """Build the list of electromagnetic processes and decays, without hadronic interactions.

    Parameters
    ----------
    g4
        The module geant4_pybind.
    cut_mm
        Range cut for the production of secondary particles, in mm.

    Returns
    -------
    geant4_pybind.G4VModularPhysicsList
        The physics list.
    """

    class ElectromagneticPhysics(g4.G4VModularPhysicsList):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.RegisterPhysics(g4.G4EmStandardPhysics())
            self.RegisterPhysics(g4.G4DecayPhysics())
            self.SetDefaultCutValue(cut_mm * g4.mm)

    return ElectromagneticPhysics()


def hadronic_physics(g4: Any, cut_mm: float) -> Any:
    """Build Geant4's reference list FTFP_BERT, whose electromagnetic part is the same.

    Parameters
    ----------
    g4
        The module geant4_pybind.
    cut_mm
        Range cut for the production of secondary particles, in mm.

    Returns
    -------
    geant4_pybind.G4VModularPhysicsList
        The physics list.
    """
    physics = g4.FTFP_BERT()
    physics.SetDefaultCutValue(cut_mm * g4.mm)
    return physics
