"""Response of particles that fly along the gaps between cells, of models against Geant4's.

    python benchmarks/gap_response.py test.h5 made.h5 floor.h5

The first file is the reference; the others hold showers of the same incident particles, which fly along z.
Told for every range of distances from the nearest gap (from its middle, at the front face) are the number of
showers, and of each file the mean of visible over incident energy and its spread, with statistical errors.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np

from showerkit.data.line_of_flight import slopes_and_crossings
from showerkit.data.shower_file import ShowerFile
from showerkit.typing import FloatArray

EDGES_MM = (0.0, 0.15, 0.5, 1.0, 2.0, 4.0, np.inf)
BATCH = 10_000


def responses(path: Path) -> tuple[FloatArray, FloatArray]:
    """Distance from the nearest gap in mm, and visible over incident energy, of every shower."""
    away, response = [], []
    with ShowerFile(path) as file:
        pitch_mm = np.array([file.detector.pitch_x_mm, file.detector.pitch_y_mm])
        odd = np.array([file.detector.cells_x % 2, file.detector.cells_y % 2])
        for showers in file.iterate(BATCH):
            _, crossing_mm = slopes_and_crossings(showers.incident, 0.0)
            place = crossing_mm / pitch_mm + 0.5 * odd
            away.append((np.abs(place - np.round(place)) * pitch_mm).min(axis=1))
            response.append(showers.total_mev.astype(np.float64) / showers.incident.energy_mev)
    return np.concatenate(away), np.concatenate(response)


def told(response: FloatArray) -> str:
    mean, spread, n = response.mean(), response.std(ddof=1), len(response)
    fourth = np.mean((response - mean) ** 4)
    of_spread = np.sqrt(max(fourth - spread**4, 0.0) / n) / (2.0 * spread)
    return f"{mean:.4f} +- {spread / np.sqrt(n):.4f}, {spread:.4f} +- {of_spread:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path)
    parser.add_argument("others", type=Path, nargs="*")
    options = parser.parse_args()
    paths = [options.reference, *options.others]
    found = [responses(path) for path in paths]
    print(f"{'from a gap':<16}{'showers':>8}" + "".join(f"{path.stem:>36}" for path in paths))
    for low, high in (*pairwise(EDGES_MM), (0.0, np.inf)):
        columns = [response[(away >= low) & (away < high)] for away, response in found]
        words = f"{low:g} mm on" if high == np.inf else f"{low:g} to {high:g} mm"
        print(
            f"{words if low or high < np.inf else 'all':<16}{len(columns[0]):>8}"
            + "".join(f"{told(one) if len(one) > 1 else '-':>36}" for one in columns)
        )


if __name__ == "__main__":
    main()
