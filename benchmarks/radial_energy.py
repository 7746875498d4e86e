"""Where showers of models leave their energy, in rings about the line of flight, against Geant4's.

    python benchmarks/radial_energy.py test.h5 flow.h5 floor.h5 [--depth 35]

The first file is the reference; the others hold showers of the same incident particles. Told for every ring
are the share of the reference's energy in it and the shift of the mean energy of each file, with its
statistical error. Distances are those of the cells' centres from where the line of flight crosses the depth.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np

from showerkit.data.line_of_flight import slopes_and_crossings
from showerkit.data.shower_file import ShowerFile
from showerkit.typing import FloatArray

EDGES_MM = (0.0, 30.0, 45.0, 60.0, 90.0, 130.0, np.inf)
BATCH = 10_000


def ring_energies(path: Path, depth_mm: float) -> FloatArray:
    """Energy in every ring of every shower in MeV, shape (N, rings)."""
    found = []
    with ShowerFile(path) as file:
        cells_mm = file.detector.cell_positions_mm[:, :2]
        for showers in file.iterate(BATCH):
            _, crossing_mm = slopes_and_crossings(showers.incident, depth_mm)
            away = cells_mm[None, :, :] - crossing_mm[:, None, :]
            ring = np.digitize(np.hypot(away[..., 0], away[..., 1]), EDGES_MM) - 1
            energy = showers.energy_mev.astype(np.float64)
            found.append(
                np.stack([(energy * (ring == k)).sum(axis=1) for k in range(len(EDGES_MM) - 1)], axis=1)
            )
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path)
    parser.add_argument("others", type=Path, nargs="+")
    parser.add_argument("--depth", type=float, default=35.0, help="behind the front face, in mm")
    options = parser.parse_args()
    true = ring_energies(options.reference, options.depth)
    rings = [f"{low:.0f}-{high:.0f} mm" for low, high in pairwise(EDGES_MM[:-1])]
    rings.append(f"beyond {EDGES_MM[-2]:.0f} mm")
    print(f"{'':<16}" + "".join(f"{ring:>16}" for ring in rings))
    share = 100.0 * true.sum(axis=0) / true.sum()
    print(f"{'share [%]':<16}" + "".join(f"{one:>16.3f}" for one in share))
    for path in options.others:
        made = ring_energies(path, options.depth)
        shift = 100.0 * (made.mean(axis=0) / true.mean(axis=0) - 1.0)
        variance = made.var(axis=0, ddof=1) / len(made) + true.var(axis=0, ddof=1) / len(true)
        error = 100.0 * np.sqrt(variance) / true.mean(axis=0)
        told = (f"{one:+.1f} +- {wrong:.1f} %" for one, wrong in zip(shift, error, strict=True))
        print(f"{path.stem:<16}" + "".join(f"{one:>16}" for one in told))


if __name__ == "__main__":
    main()
