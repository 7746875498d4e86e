"""A step or kink of the mean residual at an edge of the energy range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from showerkit.evaluate.bootstrap import replica_error

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

Edge: TypeAlias = Literal["lower", "upper"]


@dataclass(frozen=True)
class EdgeStep:
    """How far the outermost bin lies from the straight line through the next ones.

    Parameters
    ----------
    edge
        Which end of the range.
    step_mev, error_mev
        Mean residual of the outermost bin minus the line, with its standard error, in MeV.
    over_spread
        The step over the spread of the residuals in the outermost bin: how much it matters, whatever the
        number of events.
    p_value
        Probability of a step at least as large if there is none, two-sided.
    bins
        Bins that the line was laid through.
    """

    edge: Edge
    step_mev: float
    error_mev: float
    over_spread: float
    p_value: float
    bins: int


def edge_step(
    energy_mev: FloatArray, mean_mev: FloatArray, spread_mev: FloatArray, edge: Edge, line_bins: int = 4
) -> EdgeStep | None:
    r"""Measure the step of the mean residual at an edge.

    .. math:: \Delta = m_0 - \sum_{i=1}^{L} c_i m_i

    with the mean residuals m in the outermost bin, 0, and the L next ones, and the coefficients c of the
    straight line through these, weighted with their errors and extrapolated to the outermost bin's energy.
    The error is the standard deviation of the step over the bootstrap replicas. A bias that changes linearly
    near the edge is no step; one that bends within the width of the bins is.

    Parameters
    ----------
    energy_mev
        Mean energy per bin in MeV, rising, shape (bins,); NaN for a bin without events.
    mean_mev
        Mean residual per replica and bin in MeV, entry 0 being measured, shape (R, bins).
    spread_mev
        Standard deviation of the residuals per bin in MeV, shape (bins,).
    edge
        Which end.
    line_bins
        Number L of bins of the line.

    Returns
    -------
    EdgeStep or None
        None if there are too few bins with events.

    Examples
    --------
    >>> energy = np.arange(500.0, 10_000.0, 1000.0)
    >>> noise = np.random.default_rng(1).normal(size=(1001, 10))
    >>> noise[0] = 0.0
    >>> kinked = 0.01 * energy + noise + 30.0 * (energy < 1000.0)
    >>> step = edge_step(energy, kinked, np.full(10, 300.0), "lower")
    >>> round(step.step_mev, 6), round(step.over_spread, 6), step.p_value < 1e-9
    (30.0, 0.1, True)
    """
    error = replica_error(mean_mev)
    known = np.flatnonzero(np.isfinite(energy_mev) & np.isfinite(mean_mev[0]) & (error > 0.0))
    if len(known) < line_bins + 1:
        return None
    chosen = known[: line_bins + 1] if edge == "lower" else known[::-1][: line_bins + 1]
    outer, line = chosen[0], chosen[1:]
    coefficients = _extrapolation(energy_mev[line], 1.0 / error[line] ** 2, float(energy_mev[outer]))
    steps = mean_mev[:, outer] - mean_mev[:, line] @ coefficients
    step, step_error = float(steps[0]), float(replica_error(steps))
    return EdgeStep(
        edge=edge,
        step_mev=step,
        error_mev=step_error,
        over_spread=step / float(spread_mev[outer]),
        p_value=math.erfc(abs(step) / step_error / math.sqrt(2.0)) if step_error > 0.0 else math.nan,
        bins=line_bins,
    )


def _extrapolation(energy: FloatArray, weight: FloatArray, target: float) -> FloatArray:
    """Coefficients with which a weighted straight line gives its value at `target`."""
    centre = float((weight * energy).sum() / weight.sum())
    offset = energy - centre
    return np.asarray(weight / weight.sum() + (target - centre) * weight * offset / (weight @ offset**2))
