"""The worker process of Geant4: incident particles in, deposits out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.data.records import IncidentParticles
from showerkit.errors import SimulationError
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
        os.environ.update(setup["environment"])
        from showerkit.simulate.geant4.event_loop import EventLoop

        settings = parse_config(Geant4Settings, setup["settings"], source="worker", error=SimulationError)
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


def main() -> None:
    """Serve chunks."""
    serve(Geant4Simulation)


if __name__ == "__main__":
    main()
