"""The worker process of Pythia 8 and FastJet: numbers of blocks of events in, jets out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import SimulationError
from showerkit.simulate.jets.config import JetProcessConfig
from showerkit.simulate.jets.events import PythiaEvents
from showerkit.simulate.jets.jet_finder import jets_of_block
from showerkit.simulate.worker_service import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class JetSimulation:
    """Pythia 8 and FastJet, set up for one process.

    Parameters
    ----------
    setup
        The process and the seed.
    check
        Called between blocks.
    """

    def __init__(self, setup: dict[str, Any], check: Callable[[], None]) -> None:
        self._config = parse_config(
            JetProcessConfig, setup["process"], source="worker", error=SimulationError
        )
        self._seed = int(setup["seed"])
        self._check = check
        self._events = PythiaEvents(self._config, self._seed)
        self.version = self._events.version

    def simulate(self, chunk: int, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Simulate one block of events and find its jets."""
        self._check()
        jets = jets_of_block(self._events.block(chunk), self._config, self._seed)
        columns = {field.name: getattr(jets, field.name) for field in fields(jets)}
        return {name: values for name, values in columns.items() if values is not None}


def main() -> None:
    """Serve blocks."""
    serve(JetSimulation)


if __name__ == "__main__":
    main()
