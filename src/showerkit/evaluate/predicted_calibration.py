"""Calibration given the prediction: what the truth is on average where a model says an energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.binned_width import BinnedWidth, binned_width
from showerkit.evaluate.bootstrap import binned_sums
from showerkit.evaluate.hit_probability import energy_bin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray


def predicted_calibration(
    true_mev: FloatArray, predicted_mev: FloatArray, weights: NDArray[np.uint8], edges_mev: FloatArray
) -> tuple[FloatArray, BinnedWidth]:
    r"""Compute mean and width of :math:`y - \hat y` in bins of the predicted energy.

    The mean, :math:`E[y \mid \hat y] - \hat y`, is 0 for an estimator that is calibrated, and so for every
    posterior mean :math:`\hat y = E[y \mid x]`, up to the edges of the energies it was trained on: given the
    truth, the same estimator must be drawn inwards there, for it knows that there is nothing beyond.

    Parameters
    ----------
    true_mev, predicted_mev
        True and predicted energies in MeV, shape (N,).
    weights
        Bootstrap weights, shape (N, R).
    edges_mev
        Edges of the bins of predicted energy in MeV, shape (bins + 1,).

    Returns
    -------
    tuple
        Mean predicted energy per bin in MeV, shape (bins,), and mean and widths in MeV.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> signal = random.normal(size=(2, 20_000))
    >>> true, seen = 100.0 * signal[0], 100.0 * (signal[0] + signal[1])
    >>> ones = np.ones((20_000, 1), dtype=np.uint8)
    >>> _, found = predicted_calibration(true, 0.5 * seen, ones, np.array([-50.0, 0.0, 50.0]))
    >>> bool((np.abs(found.mean) < 3.0).all())
    True
    """
    n_bins = len(edges_mev) - 1
    bins = energy_bin(predicted_mev, edges_mev)
    width = binned_width(bins, n_bins, weights, true_mev - predicted_mev)
    with np.errstate(invalid="ignore", divide="ignore"):
        energy = binned_sums(bins, n_bins, weights[:, :1], predicted_mev)[0] / width.events
    return energy, width
