"""Area under the receiver operating characteristic with its statistical error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.two_samples import two_samples

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray


def roc_auc(reference_scores: ArrayLike, candidate_scores: ArrayLike) -> tuple[float, float]:
    r"""Probability that a reference shower has a higher score than a candidate, and its error.

    .. math:: A = P(s_\mathrm{ref} > s_\mathrm{cand}) + \tfrac{1}{2} P(s_\mathrm{ref} = s_\mathrm{cand})

    with the error of E. DeLong et al., Biometrics 44 (1988) 837, from the ranks of the scores.

    Parameters
    ----------
    reference_scores, candidate_scores
        Scores, shapes (N,) and (M,), each at least two.

    Returns
    -------
    tuple of float
        The area and its standard error.

    Raises
    ------
    DataError
        If there are fewer than two scores of either kind, or one is not finite.

    Examples
    --------
    >>> area, error = roc_auc([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])
    >>> round(area, 4), round(error, 4)
    (0.7778, 0.2079)
    """
    from scipy.stats import rankdata

    tables = two_samples(reference_scores, candidate_scores)
    above, below = tables[0][:, 0], tables[1][:, 0]
    n, m = len(above), len(below)
    ranks = rankdata(np.concatenate([above, below]))
    # Share of the other kind below each score, ties by half.
    above_share = (ranks[:n] - rankdata(above)) / m
    below_share = 1.0 - (ranks[n:] - rankdata(below)) / n
    variance = above_share.var(ddof=1) / n + below_share.var(ddof=1) / m
    return float(above_share.mean()), float(np.sqrt(variance))


def roc_curve(reference_scores: ArrayLike, candidate_scores: ArrayLike, mistaken: ArrayLike) -> FloatArray:
    """Share of reference showers that are recognised while a share of the candidates is mistaken for them.

    Parameters
    ----------
    reference_scores, candidate_scores
        Scores, shapes (N,) and (M,), each at least two.
    mistaken
        Shares of candidates taken for reference showers, from 0 to 1, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shares of reference showers recognised, shape (n,), on straight lines between the thresholds; the
        area below is that of `roc_auc`.

    Raises
    ------
    DataError
        If there are fewer than two scores of either kind, or one is not finite.

    Examples
    --------
    >>> roc_curve([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], [0.0, 1.0 / 3.0, 1.0]).round(4).tolist()
    [0.3333, 0.6667, 1.0]
    """
    tables = two_samples(reference_scores, candidate_scores)
    above, below = np.sort(tables[0][:, 0]), np.sort(tables[1][:, 0])
    thresholds = np.unique(np.concatenate([above, below]))[::-1]
    recognised = 1.0 - np.searchsorted(above, thresholds, side="left") / len(above)
    accepted = 1.0 - np.searchsorted(below, thresholds, side="left") / len(below)
    # Where the curve rises upright, the last of the points at one place is the highest.
    x, last = np.unique(np.append(0.0, accepted)[::-1], return_index=True)
    y = np.append(0.0, recognised)[::-1][last]
    return np.asarray(np.interp(np.asarray(mistaken, dtype=np.float64), x, y))
