"""Shower profiles: shares of the deposit against the distance to the axis, deposits per layer, cell energies.

The axis is where the line of flight crosses the front face; a particle that does not fly towards the face
has its shower's centre taken instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.evaluate.observables import Observables
    from showerkit.geometry.calorimeter import Calorimeter

_BINS_PER_DECADE: Final = 10
_LOWEST_CELL_MEV: Final = 1e-3


@dataclass(frozen=True, eq=False)
class ProfileBins:
    """Bin edges of all profiles of a detector.

    Parameters
    ----------
    x_mm, y_mm
        Edges of the lateral profiles, one cell pitch wide, the middle bin around the axis.
    radius_mm
        Edges of the rings around the axis, one cell pitch wide.
    cell_mev
        Edges of the cell-energy spectrum, equal in the logarithm.
    """

    x_mm: FloatArray
    y_mm: FloatArray
    radius_mm: FloatArray
    cell_mev: FloatArray


def profile_bins(detector: Calorimeter, threshold_mev: float, highest_mev: float) -> ProfileBins:
    """Choose the bins of a detector's profiles.

    Parameters
    ----------
    detector
        The calorimeter.
    threshold_mev
        The spectrum starts here (at 1 keV if it is 0).
    highest_mev
        The spectrum reaches at least here.

    Returns
    -------
    ProfileBins
        The edges.
    """
    lowest = max(threshold_mev, _LOWEST_CELL_MEV)
    decades = max(np.log10(max(highest_mev, lowest) / lowest), 0.1)
    n = int(np.ceil(decades * _BINS_PER_DECADE))
    ring = min(detector.pitch_x_mm, detector.pitch_y_mm)
    rings = int(np.ceil(0.5 * np.hypot(detector.width_x_mm, detector.width_y_mm) / ring))
    return ProfileBins(
        x_mm=_centred_edges(_columns(detector.width_x_mm, detector.pitch_x_mm), detector.pitch_x_mm),
        y_mm=_centred_edges(_columns(detector.width_y_mm, detector.pitch_y_mm), detector.pitch_y_mm),
        radius_mm=np.arange(rings + 1, dtype=np.float64) * ring,
        cell_mev=lowest * 10.0 ** (np.arange(n + 1) / _BINS_PER_DECADE),
    )


def _columns(width_mm: float, pitch_mm: float) -> int:
    """Number of cells of one pitch that a width holds."""
    return max(round(width_mm / pitch_mm), 1)


def _centred_edges(cells: int, pitch_mm: float) -> FloatArray:
    half = cells // 2
    return (np.arange(-half, half + 2, dtype=np.float64) - 0.5) * pitch_mm


def shower_axis_mm(showers: Showers, observables: Observables) -> FloatArray:
    """Where each shower's axis crosses the face, in mm, shape (N, 2); NaN for an empty shower without one."""
    entry = showers.incident.entry_point_mm()
    centre = np.stack([observables.centre_x_mm, observables.centre_y_mm], axis=1)
    return np.where(np.isfinite(entry), entry, centre)


def lateral_shares(columns: FloatArray, first_mm: float, pitch_mm: float, axis_mm: FloatArray) -> FloatArray:
    r"""Share of the deposit per mm against the distance of a cell's column to the axis.

    Since the bins are one pitch wide, each takes exactly one column of an event.

    Parameters
    ----------
    columns
        Deposit per column of cells in MeV, shape (N, cells).
    first_mm
        Position of the first column in mm.
    pitch_mm
        Distance of the columns in mm.
    axis_mm
        Position of the axis in mm, shape (N,), finite.

    Returns
    -------
    numpy.ndarray
        (1/E) dE/dx in 1/mm, shape (N, 2 * (cells // 2) + 1).

    Examples
    --------
    >>> lateral_shares(np.array([[0.0, 8.0, 2.0]]), -10.0, 10.0, np.array([1.0])).tolist()
    [[0.0, 0.08, 0.02]]
    """
    cells = columns.shape[1]
    half = cells // 2
    bins = 2 * half + 1
    first = np.floor((first_mm - axis_mm) / pitch_mm + 0.5).astype(np.int64) + half
    index = first[:, None] + np.arange(cells)
    inside = np.where((index < 0) | (index >= bins), -1, index)
    return np.asarray(_scatter_shares(columns, inside, bins) / pitch_mm)


def radial_shares(
    image: FloatArray, x_mm: FloatArray, y_mm: FloatArray, axis_mm: FloatArray, edges_mm: FloatArray
) -> FloatArray:
    r"""Share of the deposit per mm against the distance of a cell's centre to the axis.

    Parameters
    ----------
    image
        Deposit per cell, summed over the layers, in MeV, shape (N, cells).
    x_mm, y_mm
        Positions of the cells in mm, shape (cells,).
    axis_mm
        Position of the axis in mm, shape (N, 2), finite.
    edges_mm
        Edges of equally wide rings in mm, from 0.

    Returns
    -------
    numpy.ndarray
        (1/E) dE/dr in 1/mm, shape (N, rings).
    """
    rings, width = len(edges_mm) - 1, edges_mm[1] - edges_mm[0]
    distance = np.hypot(x_mm - axis_mm[:, :1], y_mm - axis_mm[:, 1:])
    ring = (distance / width).astype(np.int64)
    return np.asarray(_scatter_shares(image, np.where(ring < rings, ring, -1), rings) / width)


def _scatter_shares(energy: FloatArray, index: IntArray, bins: int) -> FloatArray:
    """Sum each event's deposits by bin (bin -1 is left out), as shares of its whole deposit."""
    n = len(energy)
    kept = (index >= 0) & (energy > 0)
    flat = (index + np.arange(n)[:, None] * bins)[kept]
    sums = np.bincount(flat, weights=energy[kept], minlength=n * bins).reshape(n, bins)
    return np.asarray(sums / energy.sum(axis=1, keepdims=True))


def cell_counts(energy_mev: FloatArray, threshold_mev: float, edges_mev: FloatArray) -> FloatArray:
    """Count each event's hit cells by their energy; beyond the last edge they go to the last bin.

    Parameters
    ----------
    energy_mev
        Deposits in MeV, shape (N, cells).
    threshold_mev
        Only cells above this count, in MeV.
    edges_mev
        Edges of the bins in MeV.

    Returns
    -------
    numpy.ndarray
        Cells per event and bin, shape (N, bins).
    """
    n, bins = len(energy_mev), len(edges_mev) - 1
    event, cell = np.nonzero(energy_mev > threshold_mev)
    index = np.searchsorted(edges_mev, energy_mev[event, cell], side="right") - 1
    index = np.clip(index, 0, bins - 1)
    return np.bincount(event * bins + index, minlength=n * bins).reshape(n, bins).astype(np.float64)


@dataclass(frozen=True, eq=False)
class EventProfiles:
    """Profiles of N showers, one row each; `valid` marks those with a deposit and an axis."""

    lateral_x: FloatArray
    lateral_y: FloatArray
    radial: FloatArray
    layers_mev: FloatArray
    cells: FloatArray
    valid: BoolArray


def event_profiles(
    showers: Showers,
    observables: Observables,
    detector: Calorimeter,
    bins: ProfileBins,
    threshold_mev: float,
) -> EventProfiles:
    """Compute all profiles of showers.

    Parameters
    ----------
    showers, observables
        N showers and their observables.
    detector
        Their calorimeter.
    bins
        Edges from `profile_bins`.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.

    Returns
    -------
    EventProfiles
        One row per shower.
    """
    cells = showers.energy_mev.astype(np.float64).reshape(-1, *detector.shape)
    axis = shower_axis_mm(showers, observables)
    valid = np.isfinite(axis).all(axis=1) & (observables.total_mev > 0)
    # Rows that are not valid are computed with harmless values and left out of every sum.
    axis = np.where(valid[:, None], axis, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        if detector.is_grid:
            lateral_x, lateral_y, radial = _grid_shares(cells.sum(axis=1), detector, axis, bins)
        else:
            lateral_x, lateral_y, radial = _own_shares(cells.reshape(len(cells), -1), detector, axis, bins)
    return EventProfiles(
        lateral_x=lateral_x,
        lateral_y=lateral_y,
        radial=radial,
        layers_mev=cells.sum(axis=(2, 3)),
        cells=cell_counts(showers.energy_mev.astype(np.float64), threshold_mev, bins.cell_mev),
        valid=valid,
    )


def _grid_shares(
    image: FloatArray, detector: Calorimeter, axis_mm: FloatArray, bins: ProfileBins
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lateral shares along x and y, and radial shares, of showers summed over the layers."""
    x, y = np.meshgrid(detector.cell_x, detector.cell_y)
    return (
        lateral_shares(image.sum(axis=1), detector.cell_x[0], detector.pitch_x_mm, axis_mm[:, 0]),
        lateral_shares(image.sum(axis=2), detector.cell_y[0], detector.pitch_y_mm, axis_mm[:, 1]),
        radial_shares(image.reshape(len(image), -1), x.ravel(), y.ravel(), axis_mm, bins.radius_mm),
    )


def _own_shares(
    cells: FloatArray, detector: Calorimeter, axis_mm: FloatArray, bins: ProfileBins
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the same where cells are no regular grid, from the position of every cell."""
    x, y = detector.cell_positions_mm[:, 0], detector.cell_positions_mm[:, 1]

    def along(position: FloatArray, axis: FloatArray, edges: FloatArray) -> FloatArray:
        width, count = edges[1] - edges[0], len(edges) - 1
        index = np.floor((position - axis[:, None] - edges[0]) / width).astype(np.int64)
        inside = np.where((index < 0) | (index >= count), -1, index)
        return np.asarray(_scatter_shares(cells, inside, count) / width)

    return (
        along(x, axis_mm[:, 0], bins.x_mm),
        along(y, axis_mm[:, 1], bins.y_mm),
        radial_shares(cells, x, y, axis_mm, bins.radius_mm),
    )
