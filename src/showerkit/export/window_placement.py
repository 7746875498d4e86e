"""Where particles fly in a frame, inside a graph: windows about them, or all cells where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from showerkit.data.entry_frame import EntryFrame
from showerkit.data.fixed_frame import FixedFrame
from showerkit.errors import ExportError
from showerkit.export.near_gaps import near_gaps

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.data.shower_frame import ShowerFrame
    from showerkit.export.incident_inputs import Flight


class WindowPlacement:
    """`EntryFrame.place` and `EntryFrame.images` for tensors.

    Parameters
    ----------
    flight
        The incident particles, N of them.
    frame
        The frame of their windows.
    """

    def __init__(self, flight: Flight, frame: EntryFrame) -> None:
        self.frame = frame
        detector = frame.detector
        pitch = torch.tensor([detector.pitch_x_mm, detector.pitch_y_mm], dtype=torch.float64)
        count = torch.tensor([detector.cells_x, detector.cells_y], dtype=torch.float64)
        slopes = flight.slopes
        crossing = flight.crossing_mm(frame.depth_mm) / pitch
        cell = torch.minimum((crossing + 0.5 * count).floor().clamp(min=0.0), count - 1.0)
        offsets = crossing - (cell - 0.5 * (count - 1.0))
        self.cell = cell.long()
        self.flip = torch.zeros_like(slopes, dtype=torch.bool)
        self.exchange = torch.zeros_like(slopes[:, :1], dtype=torch.bool)
        if frame.mirror:
            self.flip = (slopes < 0.0) | ((slopes == 0.0) & (offsets < 0.0))
            slopes = slopes.abs()
            offsets = torch.where(self.flip, -offsets, offsets)
        if frame.exchanges:
            steeper, level = slopes[:, 1:] > slopes[:, :1], slopes[:, 1:] == slopes[:, :1]
            self.exchange = steeper | (level & (offsets[:, 1:] > offsets[:, :1]))
            slopes = torch.where(self.exchange, slopes.flip(1), slopes)
            offsets = torch.where(self.exchange, offsets.flip(1), offsets)
        self.slopes, self.offsets = slopes, offsets
        self.energy_mev = flight.energy_mev

    def condition(self) -> Tensor:
        """`ShowerFrame.condition` for tensors, (N, 6) or (N, 8)."""
        told = _condition(self.energy_mev, self.slopes, self.offsets)
        if self.frame.near_gaps is None:
            return told
        return torch.cat([told, near_gaps(self.frame.near_gaps, self.offsets, self.slopes)], dim=1)

    def images(self, windows: Tensor) -> Tensor:
        """Put windows (N, layers, W, W) back into the detector, (N, cells)."""
        layers, cells_y, cells_x = self.frame.detector.shape
        across = self.frame.cells_across
        sign = torch.where(self.flip, -1, 1)
        x = sign[:, :1] * (torch.arange(cells_x) - self.cell[:, :1]) + across // 2
        y = sign[:, 1:] * (torch.arange(cells_y) - self.cell[:, 1:]) + across // 2
        rows = y * torch.where(self.exchange, 1, across)
        columns = x * torch.where(self.exchange, across, 1)
        y_inside, x_inside = (y >= 0) & (y < across), (x >= 0) & (x < across)
        inside = (y_inside[:, :, None] & x_inside[:, None, :]).flatten(1)
        index = torch.where(inside, (rows[:, :, None] + columns[:, None, :]).flatten(1), 0)
        index = index[:, None, :].expand(-1, layers, -1)
        taken = windows.flatten(2).gather(2, index)
        return torch.where(inside[:, None, :], taken, 0.0).flatten(1)


class FixedPlacement:
    """`FixedFrame.place` and `FixedFrame.images` for tensors.

    Parameters
    ----------
    flight
        The incident particles, N of them.
    frame
        The frame of all cells.
    """

    def __init__(self, flight: Flight, frame: FixedFrame) -> None:
        self.frame = frame
        self.slopes = flight.slopes
        self.offsets = flight.crossing_mm(frame.depth_mm) / frame.cell_mm
        self.energy_mev = flight.energy_mev

    def condition(self) -> Tensor:
        """`ShowerFrame.condition` for tensors, (N, 6)."""
        return _condition(self.energy_mev, self.slopes, self.offsets)

    def images(self, cells: Tensor) -> Tensor:
        """Put cells (N, *shape) back into the detector, (N, cells)."""
        flat = torch.from_numpy(self.frame.cells.reshape(-1))
        seen = cells.flatten(1)
        source = torch.full((self.frame.detector.n_cells,), seen.shape[1])
        source[flat[flat >= 0]] = torch.arange(len(flat))[flat >= 0]
        # Places of the image without a cell take the 0 behind all cells.
        return torch.cat([seen, torch.zeros_like(seen[:, :1])], dim=1).index_select(1, source)


def graph_placement(flight: Flight, frame: ShowerFrame[Any]) -> WindowPlacement | FixedPlacement:
    """Place particles in a frame of either kind."""
    if isinstance(frame, FixedFrame):
        return FixedPlacement(flight, frame)
    if isinstance(frame, EntryFrame):
        return WindowPlacement(flight, frame)
    raise ExportError(f"frame {type(frame).__name__}", expected="windows or all cells")


def _condition(energy_mev: Tensor, slopes: Tensor, offsets: Tensor) -> Tensor:
    return torch.cat([energy_mev, (energy_mev + 1.0).log(), slopes, offsets], dim=1)
