"""All cells of a detector where they are, whatever their sizes and places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.cell_layout import CellLayout
from showerkit.data.line_of_flight import LinesOfFlight, slopes_and_crossings
from showerkit.data.shower_frame import ShowerFrame, check_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter


@dataclass(frozen=True)
class FixedFrame(ShowerFrame[LinesOfFlight]):
    r"""The cells of every layer in a row, none moved and none turned.

    Layers of fewer cells than the largest has are filled up with places without one. Positions are told
    in cells: in units of the median of :math:`\sqrt{\Delta x \Delta y}` over all cells, from (0, 0).

    Parameters
    ----------
    detector
        The calorimeter, of any cells.
    depth_mm
        Depth behind the front face at which the line of flight tells its place, in mm.

    Raises
    ------
    ConfigurationError
        If the depth lies outside the calorimeter.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> from showerkit.geometry import load_detector
    >>> frame = FixedFrame(load_detector("zdc-ecal"), depth_mm=0.0)
    >>> one = IncidentParticles([22], [50.0], [[-30.0, 0.0, 40.0]], [[0.0, 30.0, 0.0]])
    >>> flight = frame.place(one)
    >>> frame.shape, flight.slope_x.round(6).tolist(), flight.offset_y.tolist()
    ((1, 1, 400), [-0.75], [1.0])
    """

    detector: Calorimeter
    depth_mm: float

    def __post_init__(self) -> None:
        self._check_depth()

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """Indices in the image of the cells of each layer, -1 where there is none, shape (layers, most)."""
        layers = len(self.detector.layers)
        own = [np.flatnonzero(there) for there in self.detector.cell_map.present.reshape(layers, -1)]
        per_layer = self.detector.n_cells // layers
        places = np.full((layers, max(len(cells) for cells in own)), -1, dtype=np.int64)
        for layer, cells in enumerate(own):
            places[layer, : len(cells)] = layer * per_layer + cells
        return places

    @cached_property
    def cell_mm(self) -> float:
        """The unit of positions, in mm."""
        size = self.detector.cell_map.size_mm[self.detector.cell_map.present, :2]
        return float(np.median(np.sqrt(size.prod(axis=1))))

    @cached_property
    def layout(self) -> CellLayout:
        """How the cells lie; those of a layer have tables in common."""
        layers, most = self.cells.shape
        flat = self.cells.reshape(-1)
        present = flat >= 0
        position = self.detector.cell_map.position_mm[flat, :2] / self.cell_mm
        return CellLayout(
            shape=(layers, 1, most),
            position=np.where(present[:, None], position, 0.0),
            present=present,
            group=np.repeat(np.arange(layers), most),
            follows_flight=False,
        )

    @property
    def words(self) -> str:
        """What of a shower is seen."""
        return f"all {self.layout.n_present} cells"

    def place(self, incident: IncidentParticles) -> LinesOfFlight:
        """Find where each particle flies (see `ShowerFrame.place`)."""
        slopes, crossing = slopes_and_crossings(incident, self.depth_mm)
        (slope_x, slope_y), (offset_x, offset_y) = slopes.T, crossing.T / self.cell_mm
        return LinesOfFlight(offset_x=offset_x, offset_y=offset_y, slope_x=slope_x, slope_y=slope_y)

    def windows(self, energy_mev: NDArray[np.floating[Any]], placement: LinesOfFlight) -> NDArray[np.float32]:
        """Take the cells out of images (see `ShowerFrame.windows`)."""
        check_shape("energy_mev", energy_mev, (len(placement), self.detector.n_cells))
        flat = self.cells.reshape(-1)
        seen = np.take(energy_mev, np.maximum(flat, 0), axis=1).astype(np.float32, copy=False)
        seen[:, flat < 0] = 0.0
        return seen.reshape(-1, *self.shape)

    def images(self, windows: NDArray[np.floating[Any]], placement: LinesOfFlight) -> NDArray[np.float32]:
        """Put cells back into images (see `ShowerFrame.images`)."""
        check_shape("windows", windows, (len(placement), *self.shape))
        flat = self.cells.reshape(-1)
        present = np.flatnonzero(flat >= 0)
        images = np.zeros((len(placement), self.detector.n_cells), dtype=np.float32)
        images[:, flat[present]] = windows.reshape(len(placement), -1)[:, present]
        return images

    def scattered(
        self,
        event: NDArray[np.int64],
        place: NDArray[np.int64],
        energy_mev: NDArray[np.floating[Any]],
        placement: LinesOfFlight,
    ) -> NDArray[np.float32]:
        """Put single hits back into images (see `ShowerFrame.scattered`)."""
        cell = self.cells.reshape(-1)[place]
        inside = cell >= 0
        images = np.zeros((len(placement), self.detector.n_cells), dtype=np.float32)
        images[event[inside], cell[inside]] = energy_mev[inside]
        return images
