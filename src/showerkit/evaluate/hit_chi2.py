"""Chi-square of the hit probability of every cell against its binomial error, per bin of energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError, DataError
from showerkit.evaluate.hit_probability import energy_bin

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class HitChi2:
    """Chi-square per cell of the hit probabilities of two samples.

    Parameters
    ----------
    value
        Sum of chi-square over all bins and cells over their number; 1 is expected for equal laws.
    error
        Its standard deviation for equal laws, correlations of cells within a shower included.
    cells
        Number of terms, one for each cell that is used in a bin.
    sparse_cells
        Number of terms left out since too few hits (or too few showers without) are expected.
    bin_edges_mev
        Edges of the bins in incident energy in MeV, shape (bins + 1,).
    bin_value, bin_error
        Chi-square per cell in each bin and its error, shape (bins,); NaN where no cell is used.
    bin_cells
        Number of cells used in each bin, shape (bins,).
    """

    value: float
    error: float
    cells: int
    sparse_cells: int
    bin_edges_mev: FloatArray
    bin_value: FloatArray
    bin_error: FloatArray
    bin_cells: IntArray


def hit_chi2(
    reference_hits: ArrayLike,
    candidate_hits: ArrayLike,
    reference_energy_mev: ArrayLike,
    candidate_energy_mev: ArrayLike,
    bin_edges_mev: ArrayLike,
    *,
    paired: bool = False,
    least_expected: float = 5.0,
) -> HitChi2:
    r"""Chi-square per cell of the hit probabilities of two samples, per bin of incident energy.

    For n and m showers in a bin, N = n + m, of which k and l hit the cell, with p = (k + l) / N,

    .. math:: \chi^2 = \frac{N-1}{N}\,\frac{(k/n - l/m)^2}{p (1 - p) (1/n + 1/m)}

    The factor makes the mean of each term exactly 1 for equal laws, whatever the counts (hypergeometric
    variance at fixed k + l). With `paired`, shower i of both samples has the same incident particle, so
    that the differences between incident particles cancel; then, with b showers hit in the reference
    alone and c in the candidate alone,

    .. math:: \chi^2 = (b - c)^2 / (b + c)

    (Q. McNemar, Psychometrika 12 (1947) 153), of mean 1 as well. Cells of a shower are correlated, which
    leaves the mean and widens the spread: the error holds the sum of squared correlations.

    Parameters
    ----------
    reference_hits, candidate_hits
        Whether each cell is hit, shapes (N, cells) and (M, cells).
    reference_energy_mev, candidate_energy_mev
        Incident energies in MeV, shapes (N,) and (M,).
    bin_edges_mev
        Rising edges of the bins in MeV, shape (bins + 1,); showers outside are left out.
    paired
        Whether shower i of both samples has the same incident particle.
    least_expected
        Cells of which fewer hits, or fewer showers without, are expected in either sample (paired: fewer
        than twice so many differing showers) are left out and counted.

    Returns
    -------
    HitChi2
        The chi-square per cell, in all and per bin.

    Raises
    ------
    ConfigurationError
        If the edges do not rise, or `least_expected` is not above 0.
    DataError
        If shapes disagree, or paired samples have different incident energies.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> hits = random.random((2, 2000, 50)) < 0.3
    >>> energy = np.full(2000, 50.0)
    >>> chi2 = hit_chi2(hits[0], hits[1], energy, energy, [0.0, 100.0])
    >>> abs(chi2.value - 1) < 5 * chi2.error
    True
    """
    edges = np.asarray(bin_edges_mev, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ConfigurationError("bin_edges_mev", expected="at least two values that rise")
    if not least_expected > 0.0:
        raise ConfigurationError("least_expected", got=least_expected, expected="a value above 0")
    first, energy_1 = _hits("reference", reference_hits, reference_energy_mev)
    second, energy_2 = _hits("candidate", candidate_hits, candidate_energy_mev)
    if first.shape[1] != second.shape[1]:
        raise DataError(
            "candidate_hits", got=f"{second.shape[1]} cells", expected=f"{first.shape[1]} as in the reference"
        )
    if paired and not np.array_equal(energy_1, energy_2):
        raise DataError(
            "candidate_energy_mev",
            got="other incident energies than the reference",
            expected="the same incident particles in the same order for a paired test",
            mend="leave 'paired' out, or generate with the reference's incident particles",
        )
    bins = len(edges) - 1
    chi2, variance = np.zeros(bins), np.zeros(bins)
    used, sparse = np.zeros(bins, dtype=np.int64), np.zeros(bins, dtype=np.int64)
    bin_1, bin_2 = (energy_bin(energy, edges) for energy in (energy_1, energy_2))
    for b in range(bins):
        mine, theirs = first[bin_1 == b], second[bin_2 == b]
        scores, sparse[b] = (_paired if paired else _independent)(mine, theirs, least_expected)
        used[b] = scores.shape[1]
        # Sums of the scores over showers are standard normal deviates, one a cell.
        chi2[b] = np.sum(scores.sum(axis=0) ** 2)
        variance[b] = 2.0 * _sum_of_squared_correlations(scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        bin_value, bin_error = chi2 / used, np.sqrt(variance) / used
        value, error = chi2.sum() / used.sum(), np.sqrt(variance.sum()) / used.sum()
    return HitChi2(
        float(value), float(error), int(used.sum()), int(sparse.sum()), edges, bin_value, bin_error, used
    )


def _hits(name: str, hits: ArrayLike, energy_mev: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Check the hits and energies of one sample."""
    table = np.asarray(hits, dtype=np.bool_)
    energy = np.asarray(energy_mev, dtype=np.float64).reshape(-1)
    if table.ndim != 2 or len(table) != len(energy):
        raise DataError(f"{name}_hits", got=f"shape {table.shape}", expected=f"shape ({len(energy)}, cells)")
    if not np.isfinite(energy).all():
        raise DataError(f"{name}_energy_mev", got="NaN or infinity", expected="finite values")
    return table, energy


def _independent(first: BoolArray, second: BoolArray, least: float) -> tuple[FloatArray, int]:
    """Scores (showers, cells used) whose sums over showers are the normal deviates; cells left out."""
    n, m = len(first), len(second)
    total = first.sum(axis=0) + second.sum(axis=0)
    if min(n, m) == 0:
        return np.zeros((0, 0)), int((total > 0).sum())
    size = n + m
    rarer = np.minimum(total, size - total)
    use = rarer * min(n, m) >= least * size
    pooled = total[use] / size
    scale = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m) * size / (size - 1.0))
    scores = np.concatenate([(first[:, use] - pooled) / n, (pooled - second[:, use]) / m]) / scale
    return scores, int((~use & (rarer > 0)).sum())


def _paired(first: BoolArray, second: BoolArray, least: float) -> tuple[FloatArray, int]:
    """Make the same from the differences of pairs of showers."""
    difference = first.astype(np.int8) - second.astype(np.int8)
    differing = np.abs(difference).sum(axis=0, dtype=np.int64)
    use = differing >= 2.0 * least
    return difference[:, use] / np.sqrt(differing[use]), int((~use & (differing > 0)).sum())


def _sum_of_squared_correlations(scores: FloatArray) -> float:
    """Sum r_ij^2 over all pairs of cells, each with itself included, without its bias by finite samples."""
    showers, cells = scores.shape
    if cells == 0:
        return 0.0
    # ||S^T S|| = ||S S^T||: take the smaller of the two; scores have nearly unit norm by construction.
    unit = scores / np.linalg.norm(scores, axis=0)
    gram = unit @ unit.T if showers < cells else unit.T @ unit
    squared = float(np.sum(gram**2))
    off_diagonal = squared - cells
    pairs = cells * (cells - 1.0)
    unbiased = (off_diagonal - pairs / showers) / (1.0 - 1.0 / showers)
    return float(cells + max(unbiased, 0.0))
