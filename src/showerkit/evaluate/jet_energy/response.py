"""Response and resolution of jets in bins, with weights and bootstrap replicas."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.replicas import as_replicas, replica_sums

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.replicas import AnyWeights, ReplicaWeights
    from showerkit.typing import FloatArray, IntArray

#: Bins with fewer jets than this, counted by their weights, give nothing worth drawing.
FEWEST_JETS: Final = 10.0
#: Phi(-1), 1/2 and Phi(1).
_LEVELS: Final = (0.15865525393145707, 0.5, 0.8413447460685429)
#: Cells of neighbouring values in all bins together, and the fewest in one: they bound the memory.
_MOST_CELLS: Final = 16384
_FEWEST_CELLS: Final = 128


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


def jet_response(bins: IntArray, n_bins: int, weights: AnyWeights, values: FloatArray) -> JetResponse:
    """Compute mean, median and widths of a quantity in bins of weighted jets.

    Parameters
    ----------
    bins
        Bin of each jet, shape (N,); jets outside of [0, n_bins) are left out.
    n_bins
        Number of bins.
    weights
        Weights of N jets in R replicas (see `showerkit.evaluate.jet_energy.calibrated.replica_weights`), or
        an array, shape (N, R).
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
    weights = as_replicas(weights)
    jets = np.array([effective_number(weights.measured[bins == number]) for number in range(n_bins)])
    known = jets >= FEWEST_JETS
    kept = np.where((bins >= 0) & (bins < n_bins), bins, 0)
    kept = np.where((bins >= 0) & (bins < n_bins) & known[kept], bins, -1)
    order = np.lexsort((values, kept))
    ends = np.searchsorted(kept[order], np.arange(n_bins + 1))
    rising = values[order]
    # Differences to some middle value keep the variance free of cancellation.
    middle = np.array([rising[(low + high) // 2] if high > low else 0.0 for low, high in pairwise(ends)])
    away = np.where(kept >= 0, values - middle[kept], 0.0)
    total, first, second = replica_sums(kept, n_bins, weights, [away, away**2])
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = first / total, second / total
        unbiased = jets / (jets - 1.0)
        mean = np.where(known, middle + first, np.nan)
        spread = np.where(known, np.sqrt(np.maximum(second - first**2, 0.0) * unbiased), np.nan)
    low, median, high = _quantiles(rising, order, ends, weights)
    return JetResponse(jets, mean, median, spread, 0.5 * (high - low))


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


def _quantiles(
    rising: FloatArray, order: IntArray, ends: IntArray, weights: ReplicaWeights
) -> list[FloatArray]:
    """First of a bin's rising values with at least a share of the weight up to it, for every replica.

    Where a bin has many jets, neighbours share a cell: only the weight of whole cells is known in replicas,
    and within a cell weights are taken as equal.

    Parameters
    ----------
    rising, order
        Values by bin, rising in each, and the jets that they are of, shape (N,).
    ends
        Where bins begin in them, and where the last one ends, shape (bins + 1,).
    weights
        Weights of the jets.

    Returns
    -------
    list of numpy.ndarray
        For each of the levels, shape (R, bins), NaN in empty bins.
    """
    n_bins = len(ends) - 1
    sizes = np.diff(ends)
    cells = np.minimum(sizes, max(_FEWEST_CELLS, _MOST_CELLS // n_bins))
    first_cell = np.concatenate([[0], np.cumsum(cells)])
    starts, cell_of = [], np.full(len(order), -1)
    for number in range(n_bins):
        if cells[number] == 0:
            continue
        of_rank = np.arange(sizes[number]) * cells[number] // sizes[number]
        cell_of[order[ends[number] : ends[number + 1]]] = first_cell[number] + of_rank
        starts.append(ends[number] + np.flatnonzero(np.diff(of_rank, prepend=-1)))
    begin = np.concatenate([*starts, ends[-1:]])
    held = replica_sums(cell_of, int(first_cell[-1]), weights, [])[0]
    found = [np.full((weights.replicas, n_bins), np.nan) for _ in _LEVELS]
    replica = np.arange(weights.replicas)
    for number in np.flatnonzero(cells).tolist():
        inside = held[:, first_cell[number] : first_cell[number + 1]]
        below = np.cumsum(inside, axis=1)
        total = below[:, -1]
        for level, into in zip(_LEVELS, found, strict=True):
            wanted = level * total
            cell = np.minimum((below < wanted[:, None]).sum(axis=1), cells[number] - 1)
            before = below[replica, cell] - inside[replica, cell]
            start = begin[first_cell[number] + cell]
            jets = begin[first_cell[number] + cell + 1] - start
            with np.errstate(invalid="ignore", divide="ignore"):
                share = (wanted - before) / inside[replica, cell]
            # A rounding error must not lead to the next jet.
            rank = np.ceil(np.nan_to_num(share, posinf=1.0) * jets - 1e-9).astype(np.int64) - 1
            value = rising[start + np.clip(rank, 0, jets - 1)]
            into[:, number] = np.where(total > 0.0, value, np.nan)
    return found
