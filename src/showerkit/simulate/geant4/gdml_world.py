"""Builds Geant4's geometry from a GDML text, by Geant4's own parser; runs in a worker process only."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.errors import SimulationError

if TYPE_CHECKING:
    from showerkit.geometry import Calorimeter


def gdml_world(g4: Any, calorimeter: Calorimeter) -> tuple[Any, list[Any]]:
    """Build the world of a GDML geometry.

    Parameters
    ----------
    g4
        The module geant4_pybind.
    calorimeter
        The calorimeter, whose text was checked when it was made: no entities, no modules, no loops.

    Returns
    -------
    tuple
        The world's physical volume, and the sensitive logical volumes in the order of the calorimeter's.

    Raises
    ------
    SimulationError
        If Geant4 does not find a volume that the text holds.
    """
    if calorimeter.gdml is None:
        raise SimulationError(f"detector '{calorimeter.name}'", got="no GDML text")
    parser = g4.G4GDMLParser()
    # Names stay as they are in the file, addresses at their ends included.
    parser.SetStripFlag(False)
    with tempfile.TemporaryDirectory(prefix="showerkit-gdml-") as folder:
        file = Path(folder, "detector.gdml")
        file.write_text(calorimeter.gdml.text, encoding="utf-8")
        parser.Read(str(file), False)
    world = parser.GetWorldVolume()
    store = g4.G4LogicalVolumeStore.GetInstance()
    sensitive = []
    for scored in calorimeter.gdml_cells.volumes:
        volume = store.GetVolume(scored.name, False)
        if volume is None:
            raise SimulationError(
                f"detector '{calorimeter.name}'", got=f"no volume '{scored.name}' in Geant4"
            )
        sensitive.append(volume)
    return world, sensitive
