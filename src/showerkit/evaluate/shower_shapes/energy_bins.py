"""Bins of incident energy that fit a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray, IntArray


def energy_edges(energy_mev: FloatArray, bins: int) -> FloatArray:
    """Choose the edges of energy bins.

    A sample with at most 40 distinct energies gets one narrow bin for each; any other gets bins with
    equally many showers, with edges rounded to three digits.

    Parameters
    ----------
    energy_mev
        Incident energies in MeV, shape (N,).
    bins
        Number of bins for a continuous spectrum.

    Returns
    -------
    numpy.ndarray
        Rising edges in MeV.

    Examples
    --------
    >>> energy_edges(np.repeat([1000.0, 5000.0], 50), 8).round().tolist()
    [999.0, 2236.0, 5005.0]
    """
    positive = np.sort(energy_mev[energy_mev > 0])
    distinct = np.unique(positive)
    if 0 < len(distinct) <= min(40, len(positive) // 2):
        between = np.sqrt(distinct[1:] * distinct[:-1])
        return np.concatenate([[distinct[0] * 0.999], between, [distinct[-1] * 1.001]])
    if len(positive) < 2:
        return np.array([0.0, 1.0])
    edges = np.quantile(positive, np.linspace(0.0, 1.0, bins + 1))
    digits = 10.0 ** (np.floor(np.log10(edges)) - 2)
    inner = np.unique(np.round(edges / digits)[1:-1] * digits[1:-1])
    inner = inner[(inner > edges[0]) & (inner < edges[-1])]
    last = np.ceil(edges[-1] / digits[-1]) * digits[-1] * (1.0 + 1.0e-12)
    return np.concatenate([[np.floor(edges[0] / digits[0]) * digits[0]], inner, [last]])


def bin_of(energy_mev: FloatArray, edges_mev: FloatArray) -> IntArray:
    """Number of the bin [low, high) of each energy, the last one closed; -1 outside."""
    number = np.searchsorted(edges_mev, energy_mev, side="right") - 1
    number = np.where(energy_mev == edges_mev[-1], len(edges_mev) - 2, number)
    outside = (number < 0) | (number >= len(edges_mev) - 1)
    return np.where(outside, -1, number).astype(np.int64)
