"""Response and resolution of jets in bins, with weights and bootstrap replicas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.typing import FloatArray, IntArray

#: Bins with fewer jets than this, counted by their weights, give nothing worth drawing.
FEWEST_JETS: Final = 10.0
#: Phi(-1), 1/2 and Phi(1).
_LEVELS: Final = (0.15865525393145707, 0.5, 0.8413447460685429)


@dataclass(frozen=True, eq=False)
class JetResponse:
    """A quantity's law per bin and replica; entry 0 of the replicas is measured.

    For the response its mean minus 1 is the closure, and a width over the mean the resolution.

    Parameters
    ----------
    jets
        Effective number of jets per bin, (sum of weights)^2 / sum of squared weights, shape (bins,).
    mean, median
        Mean and median, shape (R, bins); NaN in bins with fewer than ten jets.
    spread
        Standard deviation, shape (R, bins), which knows of tails.
    core
        Half of what the central 68.27 % of the jets cover, shape (R, bins), which hardly does.
    """

    jets: FloatArray
    mean: FloatArray
    median: FloatArray
    spread: FloatArray
    core: FloatArray

    @property
    def closure(self) -> FloatArray:
        """Mean response minus 1, shape (R, bins)."""
        return self.mean - 1.0

    @property
    def resolution(self) -> FloatArray:
        """Core width over the mean, shape (R, bins): what a scale alone could not better."""
        return self.core / self.mean


def jet_response(
    bins: IntArray, n_bins: int, weights: NDArray[np.float64], values: FloatArray
) -> JetResponse:
    """Compute mean, median and widths of a quantity in bins of weighted jets.

    Parameters
    ----------
    bins
        Bin of each jet, shape (N,); jets outside of [0, n_bins) are left out.
    n_bins
        Number of bins.
    weights
        Weights per replica, shape (N, R) (see `showerkit.evaluate.jet_energy.calibrated.replica_weights`).
    values
        The quantity, shape (N,), finite.

    Returns
    -------
    JetResponse
        The law in each bin.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> values = random.normal(1.0, 0.2, size=20_000)
    >>> weights = np.exp(-0.5 * ((values - 1.1) ** 2 - (values - 1.0) ** 2) / 0.04)[:, None]
    >>> found = jet_response(np.zeros(20_000, int), 1, weights, values)
    >>> [round(float(part[0, 0]), 1) for part in (found.mean, found.median, found.spread, found.core)]
    [1.1, 1.1, 0.2, 0.2]
    """
    replicas = weights.shape[1]
    shape = (replicas, n_bins)
    mean, median, spread, core = (np.full(shape, np.nan) for _ in range(4))
    jets = np.zeros(n_bins)
    order = np.lexsort((values, bins))
    ends = np.searchsorted(bins[order], np.arange(n_bins + 1))
    for number in range(n_bins):
        rows = order[ends[number] : ends[number + 1]]
        value, weight = values[rows], weights[rows]
        jets[number] = effective_number(weight[:, 0])
        if jets[number] < FEWEST_JETS:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            total = weight.sum(axis=0)
            # Differences to some middle value keep the variance free of cancellation.
            middle = float(value[len(value) // 2])
            first = (value - middle) @ weight / total
            second = (value - middle) ** 2 @ weight / total
            unbiased = jets[number] / (jets[number] - 1.0)
            mean[:, number] = middle + first
            spread[:, number] = np.sqrt(np.maximum(second - first**2, 0.0) * unbiased)
        low, median[:, number], high = _quantiles(value, weight)
        core[:, number] = 0.5 * (high - low)
    return JetResponse(jets, mean, median, spread, core)


def effective_number(weight: FloatArray) -> float:
    r"""Number of equally weighted events with as large a relative error, :math:`(\sum w)^2 / \sum w^2`.

    Examples
    --------
    >>> effective_number(np.array([3.0, 3.0])), effective_number(np.zeros(0))
    (2.0, 0.0)
    """
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares > 0.0 else 0.0


def bin_means(bins: IntArray, n_bins: int, weight: FloatArray, values: FloatArray) -> FloatArray:
    """Weighted means in bins, shape (bins,), NaN without jets: where a bin's point is drawn."""
    inside = bins >= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = np.bincount(
            bins[inside], weights=(weight * values)[inside], minlength=n_bins
        ) / np.bincount(bins[inside], weights=weight[inside], minlength=n_bins)
    return found


def _quantiles(rising: FloatArray, weights: NDArray[np.float64]) -> list[FloatArray]:
    """First of the rising values with at least a share of the weight up to it, for every replica."""
    below = np.cumsum(weights, axis=0)
    total = below[-1]
    found = []
    for level in _LEVELS:
        place = (below < level * total).sum(axis=0)
        found.append(np.where(total > 0.0, rising[np.minimum(place, len(rising) - 1)], np.nan))
    return found
