"""How the response depends on the number of further collisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jet_energy.response import FEWEST_JETS, effective_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray, IntArray


def pile_up_slope(
    bins: IntArray,
    n_bins: int,
    weights: NDArray[np.float64],
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
    found = np.full((weights.shape[1], n_bins), np.nan)
    for number in range(n_bins):
        rows = np.flatnonzero(bins == number)
        weight = weights[rows]
        if len(rows) == 0 or np.ptp(pile_up[rows]) == 0.0 or effective_number(weight[:, 0]) < FEWEST_JETS:
            continue
        # About the middle: the products would cancel otherwise.
        x, y = pile_up[rows] - pile_up[rows].mean(), response[rows] - response[rows].mean()
        with np.errstate(invalid="ignore", divide="ignore"):
            total = weight.sum(axis=0)
            mean_x, mean_y = x @ weight / total, y @ weight / total
            found[:, number] = ((x * y) @ weight / total - mean_x * mean_y) / (
                x**2 @ weight / total - mean_x**2
            )
    return found
