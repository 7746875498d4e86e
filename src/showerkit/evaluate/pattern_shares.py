"""Shares of patterns: their errors, how samples differ in them, and what about a particle decides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.data.records import IncidentParticles
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ShareComparison:
    """Agreement of two samples in the shares of patterns.

    Parameters
    ----------
    chi2, ndf, p_value
        Test of homogeneity of the two rows of counts. Samples of the same incident particles agree better
        than it expects, since the particle decides part of the pattern.
    """

    chi2: float
    ndf: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Dependence:
    """How one property of the incident particle decides the pattern.

    Parameters
    ----------
    name
        Name of the property with its unit.
    edges
        Edges of its bins, shape (bins + 1,).
    counts
        Number of showers per bin and pattern, shape (bins, groups).
    decided
        Share of the uncertainty (entropy) about the pattern that knowing the bin removes, 0 to 1.
    """

    name: str
    edges: FloatArray
    counts: IntArray
    decided: float


def share_errors(counts: IntArray) -> tuple[FloatArray, FloatArray]:
    """Shares along the last axis and their binomial standard errors.

    Examples
    --------
    >>> share, error = share_errors(np.array([50, 50]))
    >>> share.tolist(), error.tolist()
    ([0.5, 0.5], [0.05, 0.05])
    """
    total = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    share = counts / total
    return share, np.sqrt(share * (1.0 - share) / total)


def compare_shares(reference: IntArray, candidate: IntArray) -> ShareComparison:
    r"""Test whether two samples have the same shares.

    .. math:: \chi^2 = \sum_g \frac{(\sqrt{M/N}\,n_g - \sqrt{N/M}\,m_g)^2}{n_g + m_g}

    Parameters
    ----------
    reference, candidate
        Counts n and m per pattern, N and M in all, shape (groups,).

    Examples
    --------
    >>> compare_shares(np.array([30, 70]), np.array([30, 70])).chi2
    0.0
    """
    from scipy.stats import chi2 as distribution

    both = reference + candidate
    some = both > 0
    ratio = np.sqrt(candidate.sum() / max(int(reference.sum()), 1))
    if ratio == 0 or some.sum() < 2:
        return ShareComparison(0.0, 0, 1.0)
    value = float((np.square(ratio * reference - candidate / ratio)[some] / both[some]).sum())
    ndf = int(some.sum()) - 1
    return ShareComparison(value, ndf, float(distribution.sf(value, ndf)))


def decided_by(counts: IntArray) -> float:
    """Share of the entropy of the pattern that a property removes, less its expected bias (Miller, Madow).

    Examples
    --------
    >>> round(decided_by(np.array([[1000, 0], [0, 1000]])), 2)
    1.0
    """

    def entropy(count: FloatArray) -> float:
        share = count[count > 0] / count.sum()
        return float(-(share * np.log(share)).sum())

    total = counts.sum()
    if total == 0:
        return 0.0
    table, bins, groups = counts.astype(np.float64), counts.sum(axis=1), counts.sum(axis=0)
    whole = entropy(groups.astype(np.float64))
    if whole == 0.0:
        return 0.0
    information = whole + entropy(bins.astype(np.float64)) - entropy(table.ravel())
    cells = [int((part > 0).sum()) for part in (table, bins, groups)]
    bias = (cells[0] - cells[1] - cells[2] + 1) / (2.0 * total)
    return float(np.clip((information - bias) / whole, 0.0, 1.0))


def particle_properties(incident: IncidentParticles, detector: Calorimeter) -> dict[str, FloatArray]:
    """What may decide a pattern: energy, angle and the place within the cell that the particle enters.

    Returns
    -------
    dict
        By name, shape (N,): energy in GeV, theta in degrees, and the distance of the entry point from the
        middle of its cell, as a share of the way to the nearest edge (0: middle, 1: edge).
    """
    detector.require_grid("patterns of hits")
    entry = incident.entry_point_mm()
    pitch = np.array([detector.pitch_x_mm, detector.pitch_y_mm])
    cells = np.array([detector.cells_x, detector.cells_y])
    place = np.mod(entry / pitch + 0.5 * cells, 1.0) - 0.5
    return {
        "energy [GeV]": incident.energy_mev.astype(np.float64) / 1000.0,
        "theta [deg]": np.degrees(incident.theta_rad),
        "place in the cell (0 middle, 1 edge)": 2.0 * np.abs(place).max(axis=1),
    }


def dependence(
    name: str, values: FloatArray, pattern: IntArray, groups: int, edges: FloatArray
) -> Dependence:
    """Count patterns in bins of a property; showers outside the edges, or with NaN, are left out."""
    inside = np.isfinite(values) & (values >= edges[0]) & (values <= edges[-1])
    bins = len(edges) - 1
    number = np.clip(np.searchsorted(edges, values[inside], side="right") - 1, 0, bins - 1)
    counts = np.bincount(number * groups + pattern[inside], minlength=bins * groups)
    table = counts.reshape(bins, groups)
    return Dependence(name, edges, table, decided_by(table))
