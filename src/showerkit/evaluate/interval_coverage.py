"""How often prediction intervals hold the truth, against energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.hit_probability import energy_bin

if TYPE_CHECKING:
    from showerkit.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class CoverageCurve:
    """Coverage per energy bin.

    Parameters
    ----------
    energy_mev
        Mean energy per bin in MeV, shape (bins,).
    events, covered
        Events per bin, and those whose interval holds the truth, shape (bins,).
    coverage
        Their ratio, shape (bins,); NaN without events.
    low, high
        Central 68.27 % confidence interval of the coverage (Clopper and Pearson), shape (bins,).
    """

    energy_mev: FloatArray
    events: IntArray
    covered: IntArray
    coverage: FloatArray
    low: FloatArray
    high: FloatArray


def coverage_curve(covered: BoolArray, energy_mev: FloatArray, edges_mev: FloatArray) -> CoverageCurve:
    """Count how often intervals hold the truth in bins of energy, with binomial errors.

    The confidence interval is that of C. Clopper and E. Pearson, Biometrika 26 (1934) 404, which is never
    too short, even if all events are covered, or none.

    Parameters
    ----------
    covered
        Whether each event's interval holds its true energy, shape (N,).
    energy_mev
        Energies to bin by in MeV, true or predicted, shape (N,).
    edges_mev
        Edges of the bins in MeV, shape (bins + 1,).

    Returns
    -------
    CoverageCurve
        Coverage per bin.

    Examples
    --------
    >>> curve = coverage_curve(np.arange(100) < 68, np.full(100, 500.0), np.array([0.0, 1000.0]))
    >>> [round(float(end[0]), 3) for end in (curve.low, curve.coverage, curve.high)]
    [0.627, 0.68, 0.729]
    """
    from scipy.stats import beta

    n_bins = len(edges_mev) - 1
    bins = energy_bin(energy_mev, edges_mev)
    inside = bins >= 0
    n = np.bincount(bins[inside], minlength=n_bins)
    k = np.bincount(bins[inside & covered], minlength=n_bins)
    energy = np.bincount(bins[inside], weights=energy_mev[inside], minlength=n_bins)
    tail = 0.5 * (1.0 - 0.6826894921370859)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, mean_energy = k / n, energy / n
    # Where a parameter of the beta law is 0, the end is that of the range.
    low = np.where(k > 0, beta.ppf(tail, np.maximum(k, 1), n - k + 1), 0.0)
    high = np.where(k < n, beta.isf(tail, k + 1, np.maximum(n - k, 1)), 1.0)
    empty = n == 0
    return CoverageCurve(
        mean_energy, n, k, share, np.where(empty, np.nan, low), np.where(empty, np.nan, high)
    )
