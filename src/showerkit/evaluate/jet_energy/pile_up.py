"""How the response depends on the number of further collisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jet_energy.replicas import as_replicas, replica_sums
from showerkit.evaluate.jet_energy.response import FEWEST_JETS, effective_number

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.typing import FloatArray, IntArray


def pile_up_slope(
    bins: IntArray,
    n_bins: int,
    weights: AnyWeights,
    response: FloatArray,
    pile_up: FloatArray,
) -> FloatArray:
    r"""Compute the slope of the response against the number of further collisions, in bins.

    .. math:: \frac{dR}{d\mu} = \frac{\langle R \mu \rangle - \langle R \rangle \langle \mu \rangle}
              {\langle \mu^2 \rangle - \langle \mu \rangle^2}

    Parameters
    ----------
    bins, n_bins, weights
        See `showerkit.evaluate.jet_energy.response.jet_response`.
    response, pile_up
        Response and number of further collisions of each jet, shape (N,).

    Returns
    -------
    numpy.ndarray
        Slope per collision, shape (R, bins); NaN in bins with fewer than ten jets, or of one number alone.

    Examples
    --------
    >>> mu = np.arange(20.0)
    >>> pile_up_slope(np.zeros(20, int), 1, np.ones((20, 1)), 1.0 + 0.01 * mu, mu).round(6).tolist()
    [[0.01]]
    """
    weights = as_replicas(weights)
    # About the middle of each bin: the products would cancel otherwise.
    x, y = np.zeros(len(bins)), np.zeros(len(bins))
    known = np.zeros(n_bins, dtype=np.bool_)
    for number in range(n_bins):
        rows = np.flatnonzero(bins == number)
        if len(rows) == 0 or np.ptp(pile_up[rows]) == 0.0:
            continue
        known[number] = effective_number(weights.measured[rows]) >= FEWEST_JETS
        x[rows], y[rows] = pile_up[rows] - pile_up[rows].mean(), response[rows] - response[rows].mean()
    total, of_x, of_y, of_xy, of_xx = replica_sums(bins, n_bins, weights, [x, y, x * y, x**2])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = of_x / total, of_y / total
        slope = (of_xy / total - mean_x * mean_y) / (of_xx / total - mean_x**2)
    return np.asarray(np.where(known, slope, np.nan))
