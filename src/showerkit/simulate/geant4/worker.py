"""The worker process of Geant4: incident particles in, deposits out."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.data.records import IncidentParticles
from showerkit.errors import PhysicsDataError, SimulationError
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.worker_service import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Geant4Simulation:
    """Geant4, set up for one detector.

    Parameters
    ----------
    setup
        The settings, and the variables that name Geant4's data.
    check
        Called between events.
    """

    def __init__(self, setup: dict[str, Any], check: Callable[[], None]) -> None:
        settings = parse_config(Geant4Settings, setup["settings"], source="worker", error=SimulationError)
        os.environ.update(_data_folders(setup, hadrons=settings.hadronic))
        from showerkit.simulate.geant4.event_loop import EventLoop

        self._loop = EventLoop(settings, check)
        self.version: str = self._loop.version

    def simulate(self, chunk: int, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Simulate the showers of one chunk."""
        incident = IncidentParticles(
            arrays["pdg"], arrays["energy_mev"], arrays["momentum_mev"], arrays["position_mm"]
        )
        energy, tracks = self._loop.run(incident, arrays["event_id"])
        counted = {} if tracks is None else {"tracks": tracks}
        return {"energy_mev": energy, **counted, **self._loop.taken_at_face()}


def _data_folders(setup: dict[str, Any], *, hadrons: bool) -> dict[str, str]:
    """Name the folders of Geant4's data; on another machine than the client's they may be elsewhere.

    Raises
    ------
    PhysicsDataError
        If this machine has other data.
    """
    folders: dict[str, str] = setup["environment"]
    wanted = setup.get("physics_data")
    if wanted is None or all(Path(folder).is_dir() for folder in folders.values()):
        return folders
    found = find_physics_data(hadrons=hadrons)
    if found.description != wanted:
        raise PhysicsDataError(
            f"Geant4's data on {platform.node()}",
            got=found.description,
            expected=f"{wanted}, as where the simulation was started",
            mend="let GEANT4_DATA_DIR name the same data on all machines",
        )
    return found.environment


def main() -> None:
    """Serve chunks."""
    serve(Geant4Simulation)


if __name__ == "__main__":
    main()
