"""Histograms of values that come in clusters, such as the particles of jets or the points of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.result import Curve

if TYPE_CHECKING:
    from showerkit.typing import FloatArray, IntArray


def clustered_shares(values: FloatArray, owner: IntArray, owners: int, edges: FloatArray) -> Curve:
    r"""Density of values in bins, normalised over all values.

    With c_jb values of owner j in bin b, n_j values of that owner and n their sum, the share of the bin and
    its variance are

    .. math:: p_b = \frac1n \sum_j c_{jb}, \qquad \sigma_b^2 = \frac{1}{n^2} \sum_j (c_{jb} - p_b n_j)^2,

    so that values of one owner are not taken for independent.

    Parameters
    ----------
    values
        The values, shape (V,).
    owner
        The place of the owner of each, shape (V,).
    owners
        Number of owners.
    edges
        Edges of the bins, shape (bins + 1,).

    Returns
    -------
    Curve
        Shares over the widths of the bins, with standard errors.

    Examples
    --------
    >>> values, edges = np.array([0.5, 0.6, 1.5, 1.6]), np.array([0.0, 1.0, 2.0])
    >>> alone = clustered_shares(values, np.arange(4), 4, edges)
    >>> alone.y.tolist(), alone.error.tolist()
    ([0.5, 0.5], [0.25, 0.25])
    >>> round(float(clustered_shares(values, np.array([0, 0, 1, 1]), 2, edges).error[0]), 3)
    0.354
    """
    bins = len(edges) - 1
    of_owner = np.bincount(owner, minlength=owners).astype(np.float64)
    total = max(float(of_owner.sum()), 1.0)
    place = np.searchsorted(edges, values, side="right") - 1
    inside = (place >= 0) & (place < bins)
    pairs, count = np.unique(owner[inside] * bins + place[inside], return_counts=True)
    cluster, filled = pairs // bins, pairs % bins
    share = np.bincount(filled, count, bins) / total
    squares = np.bincount(filled, count.astype(np.float64) ** 2, bins)
    products = np.bincount(filled, count * of_owner[cluster], bins)
    variance = squares - 2.0 * share * products + share**2 * np.square(of_owner).sum()
    width = np.diff(edges)
    error = np.sqrt(np.maximum(variance, 0.0)) / total / width
    return Curve(0.5 * (edges[1:] + edges[:-1]), edges, share / width, error)
