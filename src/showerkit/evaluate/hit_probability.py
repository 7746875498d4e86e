"""Hit probability per cell and incident-energy bin, and how far two samples are apart in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from showerkit.errors import ConfigurationError
from showerkit.evaluate.bootstrap import quadratic_error
from showerkit.typing import Float32Array, FloatArray, IntArray

#: Replicas are dropped, down to ten, before one sample's counts take more memory than this.
_MOST_BYTES: Final = 160_000_000
_MOST_BINS: Final = 5000
#: A bin of this width, the default, suits even a sample of lower energies, in MeV.
_NARROW_MEV: Final = 100.0


def energy_bin_edges(lowest_mev: float, highest_mev: float, width_mev: float) -> FloatArray:
    """Edges of incident-energy bins at multiples of their width that cover a range.

    Raises
    ------
    ConfigurationError
        If there would be more than 5000 bins, or one wider than every energy (and than 100 MeV).

    Examples
    --------
    >>> energy_bin_edges(130.0, 390.0, 100.0).tolist()
    [100.0, 200.0, 300.0, 400.0]
    """
    if width_mev > max(highest_mev, _NARROW_MEV):
        raise ConfigurationError(
            "energy_bin_mev",
            got=f"{width_mev:g}, though no energy is above {highest_mev:g} MeV",
            expected="bins no wider than the highest energy",
            mend="choose narrower bins; the command line takes them in GeV",
        )
    first = int(np.floor(lowest_mev / width_mev))
    last = max(int(np.ceil(highest_mev / width_mev)), first + 1)
    if last - first > _MOST_BINS:
        raise ConfigurationError(
            "energy_bin_mev",
            got=f"{width_mev:g}, hence {last - first} bins from {lowest_mev:g} to {highest_mev:g} MeV",
            expected=f"at most {_MOST_BINS} bins",
            mend="choose wider bins",
        )
    return np.arange(first, last + 1, dtype=np.float64) * width_mev


def energy_bin(energy_mev: FloatArray, edges: FloatArray) -> IntArray:
    """Bin of each energy, -1 if outside; the last edge belongs to the last bin."""
    index = np.searchsorted(edges, energy_mev, side="right") - 1
    index[energy_mev == edges[-1]] = len(edges) - 2
    return np.where((index < 0) | (index >= len(edges) - 1), -1, index).astype(np.int64)


def affordable_replicas(replicas: int, n_bins: int, n_cells: int) -> int:
    """Number of replicas (besides the measured one) whose counts fit the memory set aside for them."""
    fitting = _MOST_BYTES // (4 * n_bins * n_cells) - 1
    return int(min(replicas, max(10, fitting)))


class CellMeans:
    """Sums over events of one value per cell, by energy bin and replica, filled batch by batch.

    Parameters
    ----------
    n_bins, n_cells
        Numbers of energy bins and cells.
    replicas
        Number of replicas besides the measured one.
    """

    def __init__(self, n_bins: int, n_cells: int, replicas: int) -> None:
        # 32-bit floats count exactly to 16 million, far beyond the events of one energy bin.
        self.sums = np.zeros((1 + replicas, n_bins, n_cells), dtype=np.float32)
        self.events = np.zeros((1 + replicas, n_bins))

    def add(self, bins: IntArray, weights: NDArray[np.uint8], values: Float32Array) -> None:
        """Add events of bins (n,), weights (n, >= R) and values (n, cells); bin -1 is left out."""
        order = np.argsort(bins, kind="stable")
        order = order[np.searchsorted(bins[order], 0) :]
        present, starts = np.unique(bins[order], return_index=True)
        stops = np.append(starts[1:], len(order))
        light = weights[:, : len(self.sums)].astype(np.float32)
        for energy_bin_index, start, stop in zip(present, starts, stops, strict=True):
            rows = order[start:stop]
            self.sums[:, energy_bin_index] += light[rows].T @ values[rows]
            self.events[:, energy_bin_index] += light[rows].sum(axis=0, dtype=np.float64)

    def probability(self, replica: int = 0) -> FloatArray:
        """Mean value per bin and cell of one replica, shape (bins, cells); NaN without events."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.sums[replica] / self.events[replica][:, None], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class HitProbabilityDistance:
    """Mean squared difference of hit probabilities per energy bin.

    Parameters
    ----------
    edges_mev
        Edges of the energy bins in MeV, shape (bins + 1,).
    mse, error
        Mean over the cells of (p1 - p2)^2 and its standard error, shape (bins,).
    expected
        What statistics alone would give, shape (bins,).
    events
        Events of both samples, shape (bins, 2).
    mean, mean_error, mean_expected
        The same averaged over the bins that both samples fill.
    worst, worst_error, worst_expected, worst_energy_mev
        The bin of the largest `mse`, by its centre.
    """

    edges_mev: FloatArray
    mse: FloatArray
    error: FloatArray
    expected: FloatArray
    events: FloatArray
    mean: float
    mean_error: float
    mean_expected: float
    worst: float
    worst_error: float
    worst_expected: float
    worst_energy_mev: float


def expected_noise(
    first: FloatArray, second: FloatArray, n_first: FloatArray, n_second: FloatArray, *, smooth: bool = False
) -> FloatArray:
    r"""Mean squared difference to expect from binomial statistics alone.

    Two samples of one probability p differ by :math:`E (p_1 - p_2)^2 = p (1 - p) (1/n_1 + 1/n_2)`; p (1 - p)
    is estimated without bias from the pooled p by the factor N / (N - 1), N = n1 + n2. Where p differs
    between the events of a bin and both samples have the same incident particles, the real noise is
    smaller: this is an upper bound then.

    Parameters
    ----------
    first, second
        Probabilities, shape (bins, cells).
    n_first, n_second
        Events per bin, shape (bins,).
    smooth
        Whether `second` is a mean of probabilities, whose own noise is left out.

    Returns
    -------
    numpy.ndarray
        Mean over the cells, shape (bins,); NaN for an empty bin.

    Examples
    --------
    >>> half = np.full((1, 4), 0.5)
    >>> n = np.array([50.0])
    >>> round(float(expected_noise(half, half, n, n)[0]), 5)
    0.0101
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if smooth:
            noise = (first * (1.0 - first)).mean(axis=-1) / (n_first - 1.0)
            return np.asarray(np.where((n_first > 1) & (n_second > 0), noise, np.nan))
        n = n_first + n_second
        pooled = (first * n_first[:, None] + second * n_second[:, None]) / n[:, None]
        noise = (pooled * (1.0 - pooled)).mean(axis=-1) * n / (n - 1.0) * (1.0 / n_first + 1.0 / n_second)
    return np.asarray(np.where((n_first > 0) & (n_second > 0), noise, np.nan))


def hit_probability_distance(
    reference: CellMeans, candidate: CellMeans, edges_mev: FloatArray, *, smooth: bool = False
) -> HitProbabilityDistance:
    r"""Compare hit probabilities: :math:`MSE_b = \frac1{cells} \sum_c (p_{1,bc} - p_{2,bc})^2`.

    This is the measure of the EIC ZDC reports for their MASK head.

    Parameters
    ----------
    reference, candidate
        Hits (or mask probabilities) of the two samples.
    edges_mev
        Edges of the energy bins in MeV.
    smooth
        Whether the candidate holds mean probabilities instead of hits.

    Returns
    -------
    HitProbabilityDistance
        Per bin, with bootstrap errors and the expected noise.
    """
    p1, p2 = reference.probability(), candidate.probability()
    measured = p1 - p2
    values, noise = [], []
    for replica in range(len(reference.sums)):
        difference = reference.probability(replica) - candidate.probability(replica)
        values.append((difference**2).mean(axis=-1))
        noise.append(((difference - measured) ** 2).mean(axis=-1))
    mse, spread = np.array(values), np.array(noise)
    n1, n2 = reference.events[0], candidate.events[0]
    expected = expected_noise(p1, p2, n1, n2, smooth=smooth)
    filled = (n1 >= 2) & (n2 >= 2)
    error = quadratic_error(mse, spread)
    nan = float("nan")
    if not filled.any():
        worst, of_mean = 0, (nan, nan, nan)
    else:
        worst = int(np.flatnonzero(filled)[np.argmax(mse[0, filled])])
        with np.errstate(invalid="ignore"):
            replicas, noises = _finite_mean(mse[:, filled]), _finite_mean(spread[:, filled])
        of_mean = (
            float(replicas[0]),
            float(quadratic_error(replicas, noises)),
            float(expected[filled].mean()),
        )
    return HitProbabilityDistance(
        edges_mev=edges_mev,
        mse=mse[0],
        error=error,
        expected=expected,
        events=np.stack([n1, n2], axis=1),
        mean=of_mean[0],
        mean_error=of_mean[1],
        mean_expected=of_mean[2],
        worst=float(mse[0, worst]) if filled.any() else nan,
        worst_error=float(error[worst]) if filled.any() else nan,
        worst_expected=float(expected[worst]) if filled.any() else nan,
        worst_energy_mev=float(0.5 * (edges_mev[worst] + edges_mev[worst + 1])),
    )


def _finite_mean(values: FloatArray) -> FloatArray:
    """Mean over bins that a replica fills (a bin of few events may get no weight at all)."""
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(finite, values, 0.0).sum(axis=-1) / finite.sum(axis=-1))
