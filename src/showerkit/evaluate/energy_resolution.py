"""Response, linearity and resolution of reconstructed energies against the true energy."""

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
class EnergyResolution:
    """Response and resolution per bin of true energy and replica; entry 0 of the replicas is measured.

    Parameters
    ----------
    energy_mev
        Mean true energy per bin in MeV, shape (bins,).
    events
        Events per bin, shape (bins,).
    response
        Mean predicted over mean true energy, shape (R, bins); its distance from 1 is the non-linearity.
    core
        Core width of predicted minus true energy over the energy, shape (R, bins).
    spread
        Standard deviation of predicted minus true energy over the energy, shape (R, bins).
    """

    energy_mev: FloatArray
    events: FloatArray
    response: FloatArray
    core: FloatArray
    spread: FloatArray


def energy_resolution(
    true_mev: FloatArray, predicted_mev: FloatArray, weights: NDArray[np.uint8], edges_mev: FloatArray
) -> EnergyResolution:
    r"""Compute response and resolution of reconstructed energies in bins of true energy.

    .. math:: \mathrm{response} = \frac{\langle \hat y \rangle}{\langle y \rangle}, \qquad
              \frac{\sigma}{E} = \frac{1}{\sqrt{\langle y \rangle}}
              \mathrm{width}\left(\frac{\hat y - y}{\sqrt y}\right)

    The residuals are scaled by the root of their own energy, so that the width of a bin does not enter: for a
    stochastic term alone the result is exact for bins of any width, down to energy 0.

    Parameters
    ----------
    true_mev, predicted_mev
        True and predicted energies in MeV, shape (N,).
    weights
        Bootstrap weights, shape (N, R).
    edges_mev
        Edges of the bins in MeV, shape (bins + 1,).

    Returns
    -------
    EnergyResolution
        NaN where a bin holds fewer than ten events; events without energy, or predictions that are not
        finite, are left out.

    Examples
    --------
    >>> true = np.full(1000, 4000.0)
    >>> predicted = true + 400.0 * np.random.default_rng(1).normal(size=1000)
    >>> ones = np.ones((1000, 1), dtype=np.uint8)
    >>> found = energy_resolution(true, predicted, ones, np.array([3000.0, 5000.0]))
    >>> round(float(found.response[0, 0]), 1), round(float(found.core[0, 0]), 2)
    (1.0, 0.1)
    """
    n_bins = len(edges_mev) - 1
    valid = np.isfinite(predicted_mev) & (true_mev > 0.0)
    bins = np.where(valid, energy_bin(true_mev, edges_mev), -1)
    residual = np.where(valid, predicted_mev - true_mev, 0.0)
    scaled = residual / np.sqrt(np.where(valid, true_mev, 1.0))
    width = binned_width(bins, n_bins, weights, scaled)
    with np.errstate(invalid="ignore", divide="ignore"):
        energy = binned_sums(bins, n_bins, weights, true_mev)
        shift = binned_sums(bins, n_bins, weights, residual) / energy
        mean_energy = energy[0] / width.events
        return EnergyResolution(
            energy_mev=mean_energy,
            events=width.events,
            response=np.where(np.isfinite(width.mean), 1.0 + shift, np.nan),
            core=width.core / np.sqrt(mean_energy),
            spread=width.spread / np.sqrt(mean_energy),
        )
