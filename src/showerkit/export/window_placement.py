"""Where windows about the line of flight lie, inside a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.data.entry_frame import EntryFrame
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
        """`EntryFrame.condition` for tensors, (N, 6)."""
        energy = self.energy_mev
        return torch.cat([energy, (energy + 1.0).log(), self.slopes, self.offsets], dim=1)

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
