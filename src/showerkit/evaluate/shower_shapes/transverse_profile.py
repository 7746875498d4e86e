"""Mean transverse profiles around the line of flight and their fits (equation 2 of the ZDC reports).

A cell's distance from the axis is that of its centre, but the form is integrated over the cell's whole area,
so that cells wider than the core neither widen nor shift the fitted profile. Distances are rounded to
1/16 of the pitch, once, for the data and the form alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.shower_shapes.mean_profile_fit import ProfileFit, fit_mean_profile
from showerkit.evaluate.shower_shapes.running_covariance import RunningCovariance
from showerkit.evaluate.shower_shapes.transverse_shape import energy_in_cell

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.typing import FloatArray, IntArray

PARAMETERS = ("normalisation", "Q_C", "R_C", "R_T")
STEPS_PER_PITCH = 16


class TransverseGrid:
    """Nodes of distance (|dx|, |dy|) between a cell's centre and the axis, and the rings they belong to.

    Parameters
    ----------
    detector
        The calorimeter.
    ring_width_mm, max_radius_mm
        As in `ShapeConfig`; None chooses.
    """

    def __init__(
        self, detector: Calorimeter, ring_width_mm: float | None, max_radius_mm: float | None
    ) -> None:
        pitch = min(detector.pitch_x_mm, detector.pitch_y_mm)
        half_width = 0.5 * min(detector.width_x_mm, detector.width_y_mm)
        self.step_mm = pitch / STEPS_PER_PITCH
        width = ring_width_mm if ring_width_mm is not None else pitch / 6.0
        reach = min(max_radius_mm if max_radius_mm is not None else 5.0 * pitch, half_width)
        rings = max(int(reach / width + 1.0e-9), 1)
        self.edges_mm: FloatArray = width * np.arange(rings + 1, dtype=np.float64)
        self.nodes = int(np.ceil(self.edges_mm[-1] / self.step_mm)) + 1
        self.width_mm = (detector.cell_x_mm, detector.cell_y_mm)
        along: FloatArray = self.step_mm * np.arange(self.nodes, dtype=np.float64)
        self.x_mm, self.y_mm = along[None, :], along[:, None]  # one row, one column: cheap to broadcast
        number = (np.hypot(self.x_mm, self.y_mm) / width).astype(np.int64)
        #: Ring of every node, shape (nodes, nodes); `rings` where it lies beyond the last one.
        self.ring: IntArray = np.minimum(number, self.rings)

    @property
    def rings(self) -> int:
        """Number of rings."""
        return len(self.edges_mm) - 1

    def node_of(
        self, x_mm: FloatArray, y_mm: FloatArray, axis_x_mm: FloatArray, axis_y_mm: FloatArray
    ) -> IntArray:
        """Flat node number of every cell, shape (N, layers, cells_y, cells_x); nodes**2 where too far.

        Parameters
        ----------
        x_mm, y_mm
            Columns (cells_x,) and rows (cells_y,) of cells in mm.
        axis_x_mm, axis_y_mm
            Where the line of flight crosses each layer in mm, shape (N, layers).
        """
        across = np.rint(np.abs(x_mm - axis_x_mm[:, :, None]) / self.step_mm).astype(np.int64)
        up = np.rint(np.abs(y_mm - axis_y_mm[:, :, None]) / self.step_mm).astype(np.int64)
        far = (across >= self.nodes)[:, :, None, :] | (up >= self.nodes)[:, :, :, None]
        return np.where(far, self.nodes**2, up[:, :, :, None] * self.nodes + across[:, :, None, :])

    def share_at_nodes(self, core_fraction: float, core_mm: float, tail_mm: float) -> FloatArray:
        """Share of a layer's energy in a cell, averaged over what is rounded to each node, (nodes, nodes)."""
        share = energy_in_cell(self.x_mm, self.y_mm, self.width_mm, core_fraction, core_mm, tail_mm)
        # The mean over a square of side h is F + h^2/24 (F_xx + F_yy) + O(h^4); F is even in x and y.
        padded = np.pad(share, ((1, 1), (1, 1)), mode="reflect")
        padded[-1, 1:-1], padded[1:-1, -1] = share[-1], share[:, -1]
        around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
        return np.asarray(share + (around - 4.0 * share) / 24.0)


class TransverseProfile:
    """Accumulates one mean transverse profile, of one energy bin and one group of layers.

    The profile is the mean share of the incident energy in each ring. What the form predicts for a shower is
    the mean energy of each layer, spread over the cells around the place where its axis crosses the layer.

    Parameters
    ----------
    grid
        The nodes and rings.
    layer_share
        Mean share of the incident energy in each of the layers, shape (layers,).
    """

    def __init__(self, grid: TransverseGrid, layer_share: FloatArray) -> None:
        self.grid = grid
        self.layer_share = layer_share
        self.share = RunningCovariance(grid.rings)
        self.residual = RunningCovariance(grid.rings)
        self._template = np.zeros(grid.nodes**2 + 1)

    def add(self, nodes: IntArray, cell_share: FloatArray) -> None:
        """Add showers.

        Parameters
        ----------
        nodes
            Node of every cell, shape (N, layers, cells per layer).
        cell_share
            Share of the incident energy in each cell, same shape.
        """
        self.share.add(self._in_rings(nodes, cell_share))
        weight = np.broadcast_to(self.layer_share[:, None], nodes.shape)
        self._template += np.bincount(nodes.ravel(), weight.ravel(), minlength=len(self._template))

    def add_residuals(self, nodes: IntArray, cell_share: FloatArray, fit: ProfileFit) -> None:
        """Add the same showers again, to learn how they scatter around a fit of their own mean."""
        normalisation, *shape = (float(value) for value in fit.values)
        at_node = np.append(normalisation * self.grid.share_at_nodes(*shape).ravel(), 0.0)
        expected = self.layer_share[:, None] * at_node[nodes]
        self.residual.add(self._in_rings(nodes, cell_share - expected))

    def _in_rings(self, nodes: IntArray, values: FloatArray) -> FloatArray:
        """Sum the cells' values over each ring, shape (N, rings)."""
        n, rings = len(nodes), self.grid.rings
        ring = np.append(self.grid.ring.ravel(), rings)[nodes].reshape(n, -1)
        flat = (np.arange(n)[:, None] * (rings + 1) + ring).ravel()
        sums = np.bincount(flat, values.reshape(n, -1).ravel(), minlength=n * (rings + 1))
        return np.asarray(sums.reshape(n, rings + 1)[:, :rings], dtype=np.float64)

    def expected(
        self, normalisation: float, core_fraction: float, core_mm: float, tail_mm: float
    ) -> FloatArray:
        """Mean profile that the form predicts, shape (rings,)."""
        nodes = self._template[:-1] * self.grid.share_at_nodes(core_fraction, core_mm, tail_mm).ravel()
        rings = np.bincount(self.grid.ring.ravel(), nodes, minlength=self.grid.rings + 1)[: self.grid.rings]
        return np.asarray(normalisation * rings / max(self.share.count, 1), dtype=np.float64)

    @property
    def cells_in_ring(self) -> FloatArray:
        """Mean number of cells in each ring, weighted with their layers' energies, shape (rings,)."""
        rings = np.bincount(self.grid.ring.ravel(), self._template[:-1], minlength=self.grid.rings + 1)
        total = max(self.share.count * float(self.layer_share.sum()), 1.0e-300)
        return np.asarray(rings[: self.grid.rings] / total)


def fit_transverse(profile: TransverseProfile) -> ProfileFit:
    """Fit core and tail to a mean transverse profile, integrated over each cell.

    Parameters
    ----------
    profile
        The profile. Errors are those of its scatter around a former fit if that has been accumulated, else
        they include how the cells happen to lie around the axis and are too large.

    Returns
    -------
    ProfileFit
        Parameters normalisation (energy at all distances over that in the cells), Q_C (share of the core),
        R_C and R_T (median distances of core and tail in mm).
    """
    known = profile.residual.count > 1
    covariance = profile.residual.covariance_of_mean if known else profile.share.covariance_of_mean
    pitch = profile.grid.step_mm * STEPS_PER_PITCH

    def natural(internal: FloatArray) -> FloatArray:
        core = np.exp(np.clip(internal[2], -20.0, 20.0))
        fraction = 1.0 / (1.0 + np.exp(-np.clip(internal[1], -30.0, 30.0)))
        tail = core * (1.0 + np.exp(np.clip(internal[3], -20.0, 20.0)))
        return np.array([np.exp(np.clip(internal[0], -20.0, 20.0)), fraction, core, tail])

    def form(parameters: FloatArray) -> FloatArray:
        return profile.expected(*(float(value) for value in parameters))

    start = np.array([0.05, 1.0, np.log(0.2 * pitch), 1.0])
    mean, showers = profile.share.mean, profile.share.count
    return fit_mean_profile(form, PARAMETERS, start, natural, mean, covariance, showers)
