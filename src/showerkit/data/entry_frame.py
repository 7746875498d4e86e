"""The frame of the cell that a particle's line of flight crosses: windows about it, and images back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.cell_layout import CellLayout, window_layout
from showerkit.data.gathered_cells import gather_cells
from showerkit.data.line_of_flight import slopes_and_crossings
from showerkit.data.near_gaps import NearGaps
from showerkit.data.shower_frame import ShowerFrame, check_shape
from showerkit.data.window_placement import Placement
from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter


@dataclass(frozen=True)
class EntryFrame(ShowerFrame[Placement]):
    r"""Windows of W x W cells about the cell that the line of flight crosses at a depth.

    The particle flies along :math:`x(z) = x_0 + (z - z_0)\,p_x/p_z`; x(depth) tells the central cell.
    With `mirror`, showers are reflected so that both slopes are at least 0 and, where the cells are
    square and as many in x as in y, exchanged so that :math:`p_x \ge p_y`: the detector looks the same
    from all of them. Where slopes leave the choice open (0, or equal), the offsets decide in their place.

    Parameters
    ----------
    detector
        The calorimeter.
    cells_across
        Width W of the window in cells, odd, at most one cell more than reaches across the detector.
    depth_mm
        Depth behind the front face at which the line of flight tells the central cell, in mm.
    mirror
        Whether to reflect and exchange.
    gaps_mm
        Reach of the closeness to gaps between cells that the network is told (see `NearGaps`), in mm; None:
        not told.

    Raises
    ------
    ConfigurationError
        If the width is even or too large, the depth lies outside the calorimeter, or there are no gaps.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> from showerkit.geometry import load_detector
    >>> frame = EntryFrame(load_detector("zdc-ecal"), cells_across=3, depth_mm=0.0, mirror=True)
    >>> one = IncidentParticles([22], [50.0], [[-30.0, 0.0, 40.0]], [[0.0, 10.0, 0.0]])
    >>> place = frame.place(one)
    >>> place.column.tolist(), place.row.tolist(), place.slope_x.round(6).tolist(), place.flip_x.tolist()
    ([10], [10], [0.75], [True])
    >>> image = np.zeros((1, 400), dtype=np.float32)
    >>> image[0, 10 * 20 + 9] = 7.0  # one cell to the left of the central one
    >>> frame.windows(image, place)[0, 0].tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 7.0], [0.0, 0.0, 0.0]]
    """

    detector: Calorimeter
    cells_across: int
    depth_mm: float
    mirror: bool
    gaps_mm: float | None = None

    def __post_init__(self) -> None:
        self.detector.require_grid("windows about the line of flight")
        widest = 2 * max(self.detector.cells_x, self.detector.cells_y) + 1
        if self.cells_across % 2 == 0 or not 1 <= self.cells_across <= widest:
            raise ConfigurationError(
                "cells_across", got=self.cells_across, expected=f"an odd number from 1 to {widest}"
            )
        self._check_depth()
        if self.gaps_mm is not None:
            near = NearGaps.of(self.detector, gaps_mm=self.gaps_mm, depth_mm=self.depth_mm)
            object.__setattr__(self, "near_gaps", near)

    @cached_property
    def layout(self) -> CellLayout:
        """How the cells of a window lie; rings about the central one are alike."""
        return window_layout(len(self.detector.layers), self.cells_across)

    @property
    def words(self) -> str:
        """What of a shower is seen."""
        return f"windows of {self.cells_across} cells across"

    @property
    def exchanges(self) -> bool:
        """Whether x and y may be exchanged: all is equal in both."""
        detector = self.detector
        return self.mirror and (
            (detector.cells_x, detector.pitch_x_mm, detector.cell_x_mm)
            == (detector.cells_y, detector.pitch_y_mm, detector.cell_y_mm)
        )

    def place(self, incident: IncidentParticles) -> Placement:
        """Find the central cell of each particle's window and how it is turned (see `ShowerFrame.place`)."""
        slopes, crossing = slopes_and_crossings(incident, self.depth_mm)
        detector = self.detector
        pitch = np.array([detector.pitch_x_mm, detector.pitch_y_mm])
        count = np.array([detector.cells_x, detector.cells_y])
        # In pitches from the detector's centre: a reflection changes signs and no digit.
        crossing = crossing / pitch
        cell = np.clip(np.floor(crossing + 0.5 * count), 0, count - 1)
        offsets = crossing - (cell - 0.5 * (count - 1))
        flip = np.zeros(slopes.shape, dtype=np.bool_)
        exchange = np.zeros(len(slopes), dtype=np.bool_)
        if self.mirror:
            flip = (slopes < 0.0) | ((slopes == 0.0) & (offsets < 0.0))
            slopes = np.abs(slopes)
            offsets = np.where(flip, -offsets, offsets)
        if self.exchanges:
            exchange = (slopes[:, 1] > slopes[:, 0]) | (
                (slopes[:, 1] == slopes[:, 0]) & (offsets[:, 1] > offsets[:, 0])
            )
            slopes = np.where(exchange[:, None], slopes[:, ::-1], slopes)
            offsets = np.where(exchange[:, None], offsets[:, ::-1], offsets)
        (column, row), (offset_x, offset_y) = cell.astype(np.int64).T, offsets.T
        (slope_x, slope_y), (flip_x, flip_y) = slopes.T, flip.T
        return Placement(
            offset_x=offset_x,
            offset_y=offset_y,
            slope_x=slope_x,
            slope_y=slope_y,
            column=column,
            row=row,
            flip_x=flip_x,
            flip_y=flip_y,
            exchange=exchange,
        )

    def windows(self, energy_mev: NDArray[np.floating[Any]], placement: Placement) -> NDArray[np.float32]:
        """Cut windows out of images, turned; 0 beyond the detector (see `ShowerFrame.windows`)."""
        layers, cells_y, cells_x = self.detector.shape
        check_shape("energy_mev", energy_mev, (len(placement), self.detector.n_cells))
        steps = np.arange(self.cells_across) - self.cells_across // 2
        x = placement.column[:, None] + _sign(placement.flip_x) * steps
        y = placement.row[:, None] + _sign(placement.flip_y) * steps
        x_inside, y_inside = (x >= 0) & (x < cells_x), (y >= 0) & (y < cells_y)
        exchange = placement.exchange[:, None]
        return gather_cells(
            energy_mev.reshape(-1, layers, cells_y * cells_x),
            np.where(exchange, x, y * cells_x),
            np.where(exchange, y * cells_x, x),
            np.where(exchange, x_inside, y_inside),
            np.where(exchange, y_inside, x_inside),
        )

    def images(self, windows: NDArray[np.floating[Any]], placement: Placement) -> NDArray[np.float32]:
        """Put windows back into images; what lies beyond the detector is dropped (`ShowerFrame.images`)."""
        layers, cells_y, cells_x = self.detector.shape
        across = self.cells_across
        check_shape("windows", windows, (len(placement), *self.shape))
        x = _sign(placement.flip_x) * (np.arange(cells_x) - placement.column[:, None]) + across // 2
        y = _sign(placement.flip_y) * (np.arange(cells_y) - placement.row[:, None]) + across // 2
        exchange = placement.exchange[:, None]
        images = gather_cells(
            windows.reshape(-1, layers, across**2),
            y * np.where(exchange, 1, across),
            x * np.where(exchange, across, 1),
            (y >= 0) & (y < across),
            (x >= 0) & (x < across),
        )
        return images.reshape(-1, self.detector.n_cells)

    def scattered(
        self,
        event: NDArray[np.int64],
        place: NDArray[np.int64],
        energy_mev: NDArray[np.floating[Any]],
        placement: Placement,
    ) -> NDArray[np.float32]:
        """Put single hits of windows back into images (see `ShowerFrame.scattered`)."""
        _, cells_y, cells_x = self.detector.shape
        cells = self.cells_across**2
        layer, cell = np.divmod(place, cells) if len(self.detector.layers) > 1 else (0, place)
        turned = cells * (placement.flip_x + 2 * placement.flip_y + 4 * placement.exchange)
        step = turned.take(event)
        step += cell
        step_x, step_y = _steps(self.cells_across)
        x, y = step_x.take(step), step_y.take(step)
        x += placement.column.take(event)
        y += placement.row.take(event)
        # What is below 0 is far above all cells without its sign.
        inside = (x.view(np.uint64) < cells_x) & (y.view(np.uint64) < cells_y)
        y += cells_y * layer
        y *= cells_x
        y += x
        # One place more, for what lies beyond the detector.
        n_cells = self.detector.n_cells
        images = np.zeros(len(placement) * n_cells + 1, dtype=np.float32)
        images[np.where(inside, event * n_cells + y, images.size - 1)] = energy_mev
        return images[:-1].reshape(-1, n_cells)


def _steps(across: int) -> NDArray[np.int64]:
    """Steps in x and y from the window's centre to its cells, however it is turned, shape (2, 8 W W).

    The first W W are those of windows as they are; reflections in x and y and the exchange count 1, 2 and 4.
    """
    row, column = (part - across // 2 for part in np.divmod(np.arange(across**2), across))
    steps = [
        (-x if turned & 1 else x, -y if turned & 2 else y)
        for turned in range(8)
        for x, y in [(row, column) if turned & 4 else (column, row)]
    ]
    return np.stack(steps, axis=1).reshape(2, -1)


def _sign(flip: NDArray[np.bool_]) -> NDArray[np.int64]:
    """-1 where reflected, else 1, shape (N, 1)."""
    return np.where(flip, -1, 1)[:, None]
