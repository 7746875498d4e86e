"""Pulls: whether predicted errors are as large as the errors are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.binned_width import binned_width
from showerkit.evaluate.bootstrap import binned_sums
from showerkit.evaluate.hit_probability import energy_bin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class PullCurve:
    """Mean and widths of the pull per bin of true energy and replica; entry 0 of the replicas is measured.

    Parameters
    ----------
    energy_mev
        Mean true energy per bin in MeV, shape (bins,).
    events
        Events per bin, shape (bins,).
    mean
        Mean, shape (R, bins), 0 without bias.
    spread, core
        Standard deviation and core width, shape (R, bins), 1 if the predicted errors are right.
    """

    energy_mev: FloatArray
    events: FloatArray
    mean: FloatArray
    spread: FloatArray
    core: FloatArray


def pull_curve(
    true_mev: FloatArray,
    predicted_mev: FloatArray,
    sigma_mev: FloatArray,
    weights: NDArray[np.uint8],
    edges_mev: FloatArray,
) -> PullCurve:
    r"""Compute mean and widths of the pull :math:`(y - \hat y)/\sigma` in bins of true energy.

    Give two edges, the ends of the energy range, for the pull over all events.

    Parameters
    ----------
    true_mev, predicted_mev, sigma_mev
        True energies, predicted ones and their predicted errors in MeV, shape (N,).
    weights
        Bootstrap weights, shape (N, R).
    edges_mev
        Edges of the bins in MeV, shape (bins + 1,).

    Returns
    -------
    PullCurve
        NaN where a bin holds fewer than ten events; events whose prediction is not finite, or whose sigma is
        not above 0, are left out.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> true, sigma = random.uniform(1000.0, 9000.0, size=10_000), 50.0
    >>> predicted = true + sigma * random.normal(size=10_000)
    >>> ones = np.ones((10_000, 1), dtype=np.uint8)
    >>> pulls = pull_curve(true, predicted, np.full(10_000, 2 * sigma), ones, np.array([0.0, 10_000.0]))
    >>> round(float(pulls.spread[0, 0]), 1)
    0.5
    """
    n_bins = len(edges_mev) - 1
    valid = np.isfinite(predicted_mev) & np.isfinite(sigma_mev) & (sigma_mev > 0.0)
    bins = np.where(valid, energy_bin(true_mev, edges_mev), -1)
    pull = np.where(valid, true_mev - predicted_mev, 0.0) / np.where(valid, sigma_mev, 1.0)
    width = binned_width(bins, n_bins, weights, pull)
    with np.errstate(invalid="ignore", divide="ignore"):
        energy = binned_sums(bins, n_bins, weights[:, :1], true_mev)[0] / width.events
    return PullCurve(energy, width.events, width.mean, width.spread, width.core)
