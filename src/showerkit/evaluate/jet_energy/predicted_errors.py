"""Whether predicted errors of jets are as large as the errors are: pulls and coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jet_energy.replicas import as_replicas, replica_sums
from showerkit.evaluate.jet_energy.response import FEWEST_JETS, JetResponse, effective_number, jet_response

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.typing import BoolArray, FloatArray, IntArray


def jet_pulls(bins: IntArray, n_bins: int, weights: AnyWeights, jets: CalibratedJets) -> JetResponse:
    r"""Compute the law of the pull :math:`(\hat p_T - p_T^\mathrm{true})/\sigma` in bins.

    Parameters
    ----------
    bins, n_bins, weights
        See `showerkit.evaluate.jet_energy.response.jet_response`.
    jets
        The jets, with predicted errors; those whose error is 0 are left out.

    Returns
    -------
    JetResponse
        Mean 0 and widths 1 if the predicted errors are right.

    Examples
    --------
    >>> from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
    >>> n, noise = 20_000, np.random.default_rng(1).normal(size=20_000)
    >>> one = np.ones(n)
    >>> jets = CalibratedJets(50 * one, one, 50 + 5 * noise, one, one, one, np.arange(n), sigma_gev=10 * one)
    >>> found = jet_pulls(np.zeros(n, int), 1, np.ones((n, 1)), jets)
    >>> round(float(found.spread[0, 0]), 1), round(float(found.core[0, 0]), 1)
    (0.5, 0.5)
    """
    known = jets.sigma_gev > 0.0
    pull = np.where(known, jets.pt_gev - jets.true_pt_gev, 0.0) / np.where(known, jets.sigma_gev, 1.0)
    return jet_response(np.where(known, bins, -1), n_bins, weights, pull)


def jet_coverage(bins: IntArray, n_bins: int, weights: AnyWeights, covered: BoolArray) -> FloatArray:
    """Share of jets whose interval holds the truth, in bins.

    Parameters
    ----------
    bins, n_bins, weights
        See `showerkit.evaluate.jet_energy.response.jet_response`.
    covered
        Whether each jet's does, shape (N,).

    Returns
    -------
    numpy.ndarray
        Shape (R, bins); NaN in bins with fewer than ten jets.

    Examples
    --------
    >>> jet_coverage(np.zeros(20, int), 1, np.ones((20, 1)), np.arange(20) < 15).tolist()
    [[0.75]]
    """
    weights = as_replicas(weights)
    known = [effective_number(weights.measured[bins == number]) >= FEWEST_JETS for number in range(n_bins)]
    total, held = replica_sums(bins, n_bins, weights, [covered.astype(np.float64)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, held / total, np.nan))


def within_one_sigma(jets: CalibratedJets) -> BoolArray:
    """Whether the truth lies within one predicted error, or within the predicted interval if there is one."""
    if len(jets.low_gev):
        found: BoolArray = (jets.low_gev <= jets.true_pt_gev) & (jets.true_pt_gev <= jets.high_gev)
        return found
    return np.asarray(np.abs(jets.pt_gev - jets.true_pt_gev) <= jets.sigma_gev, dtype=np.bool_)
