"""Ratios to the floor in ranges of energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.report.figures.hit_probability import grouped
from showerkit.report.quantities import Estimate

if TYPE_CHECKING:
    from showerkit.report.run_record import RunRecord
    from showerkit.typing import FloatArray

#: Energy ranges over which bins are averaged: ten bins each where there are two hundred.
RANGES: Final = 20

Which = Literal["hit", "mask"]


def range_ratios(record: RunRecord, which: Which = "hit") -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean squared error over its floor, in ranges of energy.

    Parameters
    ----------
    record
        The run.
    which
        The error of the hits, or of MASK.

    Returns
    -------
    tuple of numpy.ndarray
        Edges of the ranges in GeV, ratios, and their errors from the run's part alone.
    """
    distance = record.hit_probability if which == "hit" else record.mask_probability
    floor = record.floor_hit_probability
    if distance is None:
        return np.array([]), np.array([]), np.array([])
    _, below, _ = grouped(floor, floor.mse, floor.error, RANGES)
    edges, mean, error = grouped(distance, distance.mse, distance.error, RANGES)
    with np.errstate(invalid="ignore", divide="ignore"):
        return edges, mean / below, error / below


def worst_range(record: RunRecord) -> tuple[Estimate, float, float] | None:
    """The largest ratio to the floor, and the range where it is, in GeV."""
    edges, value, error = range_ratios(record)
    if not np.isfinite(value).any():
        return None
    index = int(np.nanargmax(value))
    return Estimate(float(value[index]), float(error[index])), float(edges[index]), float(edges[index + 1])


def highest_range(record: RunRecord) -> Estimate | None:
    """The ratio to the floor at the highest energies."""
    _, value, error = range_ratios(record)
    return _last(value, error)


def highest_mse(record: RunRecord) -> Estimate | None:
    """The mean squared error at the highest energies."""
    distance = record.hit_probability
    _, mean, error = grouped(distance, distance.mse, distance.error, RANGES)
    return _last(mean, error)


def _last(value: FloatArray, error: FloatArray) -> Estimate | None:
    filled = np.flatnonzero(np.isfinite(value))
    if not len(filled):
        return None
    return Estimate(float(value[filled[-1]]), float(np.nan_to_num(error[filled[-1]])))
