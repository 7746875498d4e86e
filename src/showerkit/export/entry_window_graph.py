"""The generator of windows about the line of flight as one graph, from physical inputs to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from showerkit.export.incident_inputs import IncidentInputs
from showerkit.models.entry_window import energy_limit, shower_energy, within_incident_energy

if TYPE_CHECKING:
    from showerkit.data.entry_frame import EntryFrame
    from showerkit.data.window_condition import WindowCondition
    from showerkit.export.incident_inputs import Flight
    from showerkit.models.correlated_noise import CorrelatedNoise
    from showerkit.models.entry_window import EntryWindowGenerator

#: The softplus of `showerkit.models.entry_window.draw_cells`.
_SHARPNESS = 4.0


class EntryWindowGraph(nn.Module):
    """Windows are placed, drawn and put back into the detector inside the graph.

    Parameters
    ----------
    network
        The network, with its weights.
    frame
        The frame of its windows.
    condition
        How its inputs are standardised.
    particles
        Codes of the particles that it knows.
    threshold_mev
        Threshold of a hit in MeV.
    """

    mean: Tensor
    width: Tensor
    mask_matrix: Tensor
    value_matrix: Tensor

    def __init__(
        self,
        network: EntryWindowGenerator,
        frame: EntryFrame,
        condition: WindowCondition,
        particles: tuple[int, ...],
        threshold_mev: float,
    ) -> None:
        super().__init__()
        self.incident = IncidentInputs(particles)
        self.network = network.float()
        self.frame = frame
        self.threshold_mev = threshold_mev
        self.least_mev = float(np.nextafter(np.float32(threshold_mev), np.float32(np.inf)))
        width = np.array(condition.width)
        # What never varied in the training becomes 0 by an infinite width.
        width = np.where(width > 0.0, width, np.inf)
        self.register_buffer("mean", torch.tensor(condition.mean, dtype=torch.float64))
        self.register_buffer("width", torch.from_numpy(width))
        self.register_buffer("mask_matrix", _matrix(network.mask_noise, frame.cells_across))
        self.register_buffer("value_matrix", _matrix(network.value_noise, frame.cells_across))

    def forward(self, *given: Tensor) -> Tensor:
        """Make showers from the incident particles' inputs and three random ones; (N, cells) in MeV."""
        *incident, noise, mask_normal, value_normal = given
        flight = self.incident(*incident)
        placement = _Placement(flight, self.frame)
        energy = flight.energy_mev
        columns = torch.cat([energy, (energy + 1.0).log(), placement.slopes, placement.offsets], dim=1)
        condition = ((columns - self.mean) / self.width).float()
        law = self.network(condition, noise)
        hit = _correlated(mask_normal, self.mask_matrix, law.mask_probit) < law.mask_probit
        normal = _correlated(value_normal, self.value_matrix, law.location)
        above = _softplus((law.location + law.log_spread.exp() * normal).double())
        limit = energy_limit(energy[:, 0], threshold_mev=self.threshold_mev)
        decades = torch.minimum(above, limit[:, None, None, None])
        hits = hit.to(decades.dtype)
        decades = within_incident_energy(decades, hits, energy[:, 0], threshold_mev=self.threshold_mev)
        energy_mev = shower_energy(decades, hits, threshold_mev=self.threshold_mev)
        energy_mev = torch.where(hit, energy_mev.clamp(min=self.least_mev), 0.0)
        return placement.images(energy_mev.float())


class _Placement:
    """`EntryFrame.place` and `EntryFrame.images` for tensors."""

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


def _softplus(decades: Tensor) -> Tensor:
    """ln(1 + exp(s x)) / s, which the runtime has in single precision only."""
    scaled = _SHARPNESS * decades
    return (scaled.clamp(min=0.0) + (1.0 + (-scaled.abs()).exp()).log()) / _SHARPNESS


def _matrix(noise: CorrelatedNoise, across: int) -> Tensor:
    """The matrix by which independent numbers of a layer's cells become correlated ones."""
    with torch.no_grad():
        # The images of the unit vectors are its rows.
        unit = torch.eye(across**2).view(-1, 1, across, across)
        rows: Tensor = noise.float()(unit).flatten(1)
    return rows


def _correlated(normal: Tensor, matrix: Tensor, like: Tensor) -> Tensor:
    return (normal.reshape(like.shape).flatten(2) @ matrix).reshape(like.shape)
