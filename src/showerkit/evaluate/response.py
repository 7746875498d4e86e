"""Response and resolution of the calorimeter against the incident energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from showerkit.evaluate.bootstrap import binned_sums
from showerkit.evaluate.hit_probability import energy_bin
from showerkit.typing import FloatArray

#: Bins with fewer showers than this give no resolution worth drawing.
FEWEST_EVENTS: Final = 10


@dataclass(frozen=True, eq=False)
class ResponseCurve:
    """Response and resolution per energy bin and replica.

    Parameters
    ----------
    energy_mev
        Mean incident energy per bin in MeV, shape (bins,).
    events
        Showers per bin, shape (bins,).
    response
        Mean of deposited over incident energy, shape (R, bins); entry 0 is measured.
    resolution
        Standard deviation over mean, shape (R, bins).
    """

    energy_mev: FloatArray
    events: FloatArray
    response: FloatArray
    resolution: FloatArray


def response_curve(
    incident_mev: FloatArray, response: FloatArray, weights: NDArray[np.uint8], edges_mev: FloatArray
) -> ResponseCurve:
    r"""Compute response and resolution against the incident energy.

    With f = deposited / incident energy, the response is :math:`\langle f \rangle` and the resolution
    :math:`\sigma(f) / \langle f \rangle` in each bin; dividing by each shower's own incident energy keeps
    the width of the bin out of the resolution.

    Parameters
    ----------
    incident_mev
        Incident energies in MeV, shape (N,).
    response
        Deposited over incident energy, shape (N,); NaN is left out.
    weights
        Bootstrap weights, shape (N, R).
    edges_mev
        Edges of the energy bins in MeV.

    Returns
    -------
    ResponseCurve
        NaN where a bin holds fewer than ten showers.

    Examples
    --------
    >>> f = np.tile([0.8, 1.2], 50)
    >>> ones = np.ones((100, 1), dtype=np.uint8)
    >>> curve = response_curve(np.full(100, 500.0), f, ones, np.array([0.0, 1000.0]))
    >>> round(float(curve.response[0, 0]), 6), round(float(curve.resolution[0, 0]), 3)
    (1.0, 0.201)
    """
    n_bins = len(edges_mev) - 1
    bins = np.where(np.isfinite(response), energy_bin(incident_mev, edges_mev), -1)
    used = bins >= 0
    # Sums of differences to the overall mean keep the variance free of cancellation.
    middle = float(response[used].mean()) if used.any() else 0.0
    shifted = np.where(used, response - middle, 0.0)
    events = binned_sums(bins, n_bins, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = binned_sums(bins, n_bins, weights, shifted) / events
        square = binned_sums(bins, n_bins, weights, shifted**2) / events
        variance = np.maximum(square - mean**2, 0.0) * events / (events - 1.0)
        enough = events[0] >= FEWEST_EVENTS
        centre = binned_sums(bins, n_bins, weights[:, :1], incident_mev)[0] / events[0]
        return ResponseCurve(
            energy_mev=centre,
            events=events[0],
            response=np.where(enough, mean + middle, np.nan),
            resolution=np.where(enough, np.sqrt(variance) / (mean + middle), np.nan),
        )
