"""The frame in which a network sees showers: the cells about the line of flight, or all as they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import numpy as np

from showerkit.data.line_of_flight import LinesOfFlight
from showerkit.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.cell_layout import CellLayout
    from showerkit.data.near_gaps import NearGaps
    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter

#: Columns of `ShowerFrame.condition`: kinetic energy in MeV, ln(1 + energy / MeV), slopes, offsets in cells.
WINDOW_INPUTS: Final = ("energy_mev", "log_energy", "slope_x", "slope_y", "offset_x", "offset_y")
#: And, where the frame tells it, how near the line of flight runs to gaps between cells (see `NearGaps`).
GAP_INPUTS: Final = ("gaps_x", "gaps_y")

FlightT = TypeVar("FlightT", bound=LinesOfFlight)


class ShowerFrame(ABC, Generic[FlightT]):
    """What of a detector's images a network sees, and how its output becomes images again.

    `showerkit.data.entry_frame.EntryFrame` cuts windows about the line of flight out of regular grids;
    `showerkit.data.fixed_frame.FixedFrame` takes all cells of any detector where they are.
    """

    detector: Calorimeter
    depth_mm: float
    #: What tells how near lines of flight run to gaps between cells; None: nothing.
    near_gaps: NearGaps | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the network is told of each particle, the columns of `condition`."""
        return WINDOW_INPUTS if self.near_gaps is None else (*WINDOW_INPUTS, *GAP_INPUTS)

    @property
    @abstractmethod
    def layout(self) -> CellLayout:
        """How the cells lie that a network sees."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What of a shower is seen, for people."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(layers, rows, columns): the shape of what is seen of one event."""
        return self.layout.shape

    @abstractmethod
    def place(self, incident: IncidentParticles) -> FlightT:
        """Find where each particle flies in the frame.

        Raises
        ------
        DataError
            If a particle does not fly in the direction of z, towards the detector.
        """

    def condition(self, incident: IncidentParticles, placement: FlightT) -> NDArray[np.float64]:
        r"""Give what the network is told of each particle.

        Parameters
        ----------
        incident
            The incident particles, N of them.
        placement
            Where they fly, from `place`.

        Returns
        -------
        numpy.ndarray
            The columns `inputs`, shape (N, 6) or (N, 8): kinetic energy in MeV,
            :math:`\ln(1 + E/\mathrm{MeV})`, which is finite also at rest, slopes, offsets in cells, and
            closeness to gaps.
        """
        energy = incident.energy_mev.astype(np.float64)
        slopes = np.stack([placement.slope_x, placement.slope_y], axis=1)
        offsets = np.stack([placement.offset_x, placement.offset_y], axis=1)
        columns = [energy[:, None], np.log1p(energy)[:, None], slopes, offsets]
        if self.near_gaps is not None:
            columns.append(self.near_gaps(offsets, slopes))
        return np.concatenate(columns, axis=1)

    @abstractmethod
    def windows(self, energy_mev: NDArray[np.floating[Any]], placement: FlightT) -> NDArray[np.float32]:
        """Take what is seen out of images.

        Parameters
        ----------
        energy_mev
            Deposited energy per cell in MeV, shape (N, cells).
        placement
            Where the N particles fly.

        Returns
        -------
        numpy.ndarray
            Energies in MeV, shape (N, layers, rows, columns); 0 where there is no cell.

        Raises
        ------
        DataError
            If the shapes do not fit the detector.
        """

    @abstractmethod
    def images(self, windows: NDArray[np.floating[Any]], placement: FlightT) -> NDArray[np.float32]:
        """Put what `windows` takes back into images; its inverse for what is seen.

        Parameters
        ----------
        windows
            Energies in MeV, shape (N, layers, rows, columns).
        placement
            Where the N particles fly.

        Returns
        -------
        numpy.ndarray
            Deposited energy per cell in MeV, shape (N, cells), 0 where there is no cell.

        Raises
        ------
        DataError
            If the shapes do not fit the detector.
        """

    @abstractmethod
    def scattered(
        self,
        event: NDArray[np.int64],
        place: NDArray[np.int64],
        energy_mev: NDArray[np.floating[Any]],
        placement: FlightT,
    ) -> NDArray[np.float32]:
        """Put single hits back into images, as `images` does with whole windows.

        Parameters
        ----------
        event
            Whose each hit is, shape (K,).
        place
            Its cell, (layer rows + row) columns + column, shape (K,); each at most once.
        energy_mev
            Its energy in MeV, shape (K,).
        placement
            Where the N particles fly.

        Returns
        -------
        numpy.ndarray
            Deposited energy per cell in MeV, shape (N, cells); what lies where no cell is, is dropped.
        """

    def check_detector(self, detector: Calorimeter, source: Path | str) -> None:
        """Check that the showers of a file come from this frame's detector.

        Raises
        ------
        DataError
            If they come from another one.
        """
        if detector != self.detector:
            raise DataError(
                f"{source}: detector", got=detector.name, expected=f"{self.detector.name} as in the frame"
            )

    def _check_depth(self) -> None:
        """Check that lines of flight are looked at within the calorimeter."""
        if not 0.0 <= self.depth_mm <= self.detector.depth_mm:
            raise ConfigurationError(
                "depth_mm",
                got=self.depth_mm,
                expected=f"a depth within the calorimeter, 0 to {self.detector.depth_mm:g} mm",
            )


def check_shape(name: str, values: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape."""
    if values.shape != shape:
        raise DataError(name, got=f"shape {values.shape}", expected=f"shape {shape}")
