"""Processor time of a shower: of a model, and of Geant4, in turn.

    python benchmarks/shower_times.py zdc-ecal-flow-fast --repeat 5

Showers of a model are made 10,000 at a time, of particles all over its range; Geant4's are of one energy.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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


def main() -> int:
    import torch

    from showerkit.export.shower_exports import check_particles
    from showerkit.generate.generator import shower_generator
    from showerkit.simulate.particles import particle_with_code
    from showerkit.train.checkpoint import load_checkpoint
    from showerkit.train.model_store import resolve_model

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--energy", type=float, default=10.0, help="of Geant4's particles in GeV")
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = shower_generator(load_checkpoint(resolve_model(options.model)), device="cpu")
    meta = generator.meta
    kinds = tuple(particle_with_code(code).name for code in meta.particles)
    incident = check_particles(meta, options.batch)
    ratios = []
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            geant4 = geant4_ms(meta.detector, kinds, options.energy, Path(folder))
        model = ms_per_shower(generator, incident, options.batch)
        ratios.append(geant4 / model)
        print(f"Geant4 {geant4:.1f} ms, {options.model} {model:.4f} ms: {ratios[-1]:.0f} times", flush=True)
    print(f"median: {statistics.median(ratios):.0f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
