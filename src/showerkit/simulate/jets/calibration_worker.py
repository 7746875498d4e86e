"""The worker process of jets for calibration: numbers of blocks of events in, matched jets out."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import SimulationError
from showerkit.rng import generator
from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
from showerkit.simulate.jets.calibration_events import DijetSource
from showerkit.simulate.jets.calibration_finder import Overlay, calibration_jets
from showerkit.simulate.jets.pile_up import PileUp
from showerkit.simulate.worker_service import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class CalibrationSimulation:
    """Pythia 8, FastJet and the detector, set up for one sample.

    Parameters
    ----------
    setup
        The settings and the seed.
    check
        Called between blocks.
    """

    def __init__(self, setup: dict[str, Any], check: Callable[[], None]) -> None:
        self._config = parse_config(
            CalibrationJetConfig, setup["config"], source="worker", error=SimulationError
        )
        self._seed = int(setup["seed"])
        self._check = check
        self._source = DijetSource(self._config, self._seed)
        self._pile_up = PileUp(self._config, self._seed, check) if self._config.pile_up > 0.0 else None
        self.version = self._source.version

    def simulate(self, chunk: int, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Simulate one block of events and find its jets."""
        self._check()
        events = self._source.block(chunk)
        overlay = None
        if self._pile_up is not None:
            random = generator(self._seed, "pile-up", chunk)
            overlay = Overlay(*self._pile_up.draw(len(events.event_id), random))
        jets = calibration_jets(events, self._config, generator(self._seed, "jet detector", chunk), overlay)
        return {field.name: getattr(jets, field.name) for field in fields(jets)}


def main() -> None:
    """Serve blocks."""
    serve(CalibrationSimulation)


if __name__ == "__main__":
    main()
