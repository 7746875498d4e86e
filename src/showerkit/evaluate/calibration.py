"""Calibrated probabilities of a classifier, and the divergence of two samples that they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import Float32Array, FloatArray


def isotonic_probability(
    scores: FloatArray, label: FloatArray | Float32Array, weight: FloatArray, new_scores: FloatArray
) -> FloatArray:
    """Turn scores into probabilities by the best rising function of them.

    Pool-adjacent-violators regression of the labels on the scores, continued linearly between them and
    constant outside. A pool of k showers of the first kind among n gets (k + 1) / (n + 2), by Laplace's
    rule of succession: few showers of one kind prove no probability of 0 or 1.

    Parameters
    ----------
    scores, label, weight
        Scores of known showers, whether (1) or not (0) they are of the first kind, and their weights,
        shapes (N,).
    new_scores
        Scores to turn into probabilities, shape (M,).

    Returns
    -------
    numpy.ndarray
        Probabilities, shape (M,).

    Examples
    --------
    >>> known, label = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> isotonic_probability(known, label, np.ones(4), np.array([1.5])).tolist()
    [0.5]
    """
    from scipy.optimize import isotonic_regression

    # Equal scores must get one probability: join them first.
    value, place = np.unique(scores, return_inverse=True)
    weights = np.bincount(place, weights=weight)
    mean = np.bincount(place, weights=weight * label) / weights
    pools = isotonic_regression(mean, weights=weights)
    size = np.repeat(pools.weights, np.diff(pools.blocks)) / weight.mean()
    # The rule moves small pools most, which may undo the order: regress once more.
    fitted = isotonic_regression((pools.x * size + 1.0) / (size + 2.0), weights=weights).x
    probability: FloatArray = np.interp(new_scores, value, fitted)
    return probability


def jensen_shannon_divergence(
    known_scores: FloatArray,
    known_label: FloatArray | Float32Array,
    test_scores: FloatArray,
    test_label: FloatArray | Float32Array,
) -> tuple[float, float]:
    r"""Jensen-Shannon divergence of two samples in bits, by a classifier's calibrated scores.

    .. math:: \mathrm{JSD} = 1 + \tfrac{1}{2} \langle \log_2 p \rangle_\mathrm{ref}
        + \tfrac{1}{2} \langle \log_2 (1 - p) \rangle_\mathrm{cand}

    with p the probability of the reference, exact for the best possible classifier and a lower bound for
    any other (up to statistics, so that it may come out below 0). Source: arXiv:2410.21611.

    Parameters
    ----------
    known_scores, known_label
        Scores and labels (1: reference) to calibrate with, shapes (N,).
    test_scores, test_label
        Scores and labels to measure with, shapes (M,).

    Returns
    -------
    tuple of float
        The divergence, 0 for equal laws and 1 for disjoint ones, and its statistical error.

    Examples
    --------
    >>> score, label = np.repeat([-1.0, 1.0], 500), np.repeat([0.0, 1.0], 500)
    >>> jsd, error = jensen_shannon_divergence(score, label, score, label)
    >>> jsd > 0.99
    True
    """
    share = known_label.mean()
    weight = np.where(known_label == 1.0, 0.5 / share, 0.5 / (1.0 - share))
    probability = isotonic_probability(known_scores, known_label, weight, test_scores)
    of_reference = np.log2(probability[test_label == 1.0])
    of_candidate = np.log2(1.0 - probability[test_label == 0.0])
    divergence = 1.0 + 0.5 * of_reference.mean() + 0.5 * of_candidate.mean()
    variance = 0.25 * (
        of_reference.var(ddof=1) / len(of_reference) + of_candidate.var(ddof=1) / len(of_candidate)
    )
    return float(divergence), float(np.sqrt(variance))
