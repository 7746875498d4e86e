"""Fit the correction of the bremsstrahlung formula to a table of Seltzer and Berger.

    python tools/fit_bremsstrahlung.py REFERENCE_FILE

REFERENCE_FILE is read by showerkit.simulate.geant4.seltzer_berger. The coefficients replace those in the
package; the table itself does not go into it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showerkit.simulate.geant4 import bremsstrahlung, bremsstrahlung_correction
from showerkit.simulate.geant4.seltzer_berger import read_seltzer_berger

Array = NDArray[np.float64]
RIDGE = 1e-10
SIGNIFICANT_DIGITS = 6


def weights(energy_mev: Array, ratio: Array) -> Array:
    """Weight what matters in showers above slow electrons, the tip and the soft end."""
    weight = np.ones((energy_mev.size, ratio.size))
    weight[energy_mev < 0.3] *= 0.25
    weight[energy_mev < 0.02] *= 0.3
    weight[:, ratio > 0.951] *= 0.3
    weight[:, ratio < 0.01] *= 0.7
    return weight


def fit(energy_mev: Array, ratio: Array, table_mb: Array) -> Array:
    """Fit the logarithm of table over formula by weighted least squares with a slight ridge."""
    z = np.arange(1, bremsstrahlung_correction.HIGHEST_Z + 1)
    t, x = np.broadcast_arrays(energy_mev[:, None], ratio[None, :])
    formula_mb = np.array([bremsstrahlung.screened_bethe_heitler_mb(int(n), t, x) for n in z])
    target = np.log(table_mb[: z.size] / formula_mb).reshape(z.size, -1)
    i, j, k = bremsstrahlung_correction.term_indices().T
    in_z = bremsstrahlung_correction.z_polynomials(z)[:, i]
    in_energy = bremsstrahlung_correction.energy_polynomials(t)[..., j]
    in_ratio = bremsstrahlung_correction.ratio_functions(t, x)[..., k]
    weight = weights(energy_mev, ratio).ravel()
    surface = (in_energy * in_ratio).reshape(weight.size, -1) * weight[:, None]
    normal = (surface.T @ surface) * (in_z.T @ in_z)
    right = ((surface.T @ (target * weight).T) * in_z.T).sum(axis=1)
    ridge = RIDGE * np.trace(normal) / len(right) * np.eye(len(right))
    return np.linalg.solve(normal + ridge, right)


def main() -> int:
    """Fit and write the coefficients."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=bremsstrahlung_correction.COEFFICIENT_FILE)
    arguments = parser.parse_args()
    fitted = fit(*read_seltzer_berger(arguments.reference))
    contents = {
        "description": "Correction of the bremsstrahlung formula, fitted to the cross sections of "
        "S. M. Seltzer and M. J. Berger by tools/fit_bremsstrahlung.py",
        "coefficients": [float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in fitted],
    }
    arguments.output.write_text(json.dumps(contents) + "\n", encoding="utf-8")
    print(f"{len(fitted)} coefficients written to {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
