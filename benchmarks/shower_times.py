"""Processor time of a shower: of a model, and of Geant4."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: Measurements go on for this long in s, or until there are so many of them.
LEAST_S, MOST_TIMES = 1.0, 200
GEANT4_EVENTS = (20, 120)


def ms_per_shower(generator: Any, incident: Any, batch: int) -> float:
    """Median processor time of one shower in ms, asked for so many at a time."""
    import numpy as np

    rows = np.arange(batch) % len(incident)
    asked, ids = incident[rows], np.arange(batch, dtype=np.int64)
    generator.generate(asked, ids, 1)
    times: list[float] = []
    while len(times) < 3 or (sum(times) < LEAST_S and len(times) < MOST_TIMES):
        began = time.process_time()
        generator.generate(asked, ids, 2 + len(times))
        times.append(time.process_time() - began)
    return 1000.0 * statistics.median(times) / batch


def geant4_ms(detector: Any, particles: tuple[str, ...], energy_gev: float, folder: Path) -> float:
    """Processor time of Geant4 for a particle in ms: what more events take, without the start."""
    from showerkit.data.timing import read_timing
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow import simulate

    primaries = PrimaryConfig(particles=particles, energy_gev=energy_gev)
    cpu_s = []
    for n in GEANT4_EVENTS:
        made = simulate(detector, folder / f"speed-{n}.h5", n=n, primaries=primaries, seed=9, workers=1)
        timing = read_timing(made)
        cpu_s.append(timing.cpu_s if timing is not None and timing.cpu_s is not None else 0.0)
    return 1000.0 * (cpu_s[1] - cpu_s[0]) / (GEANT4_EVENTS[1] - GEANT4_EVENTS[0])
