"""The generator of windows about the line of flight as one graph, from physical inputs to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from showerkit.export.incident_inputs import IncidentInputs
from showerkit.export.window_placement import WindowPlacement
from showerkit.models.entry_window import energy_limit, shower_energy, within_incident_energy

if TYPE_CHECKING:
    from showerkit.data.entry_frame import EntryFrame
    from showerkit.data.window_condition import WindowCondition
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
        placement = WindowPlacement(flight, self.frame)
        energy = flight.energy_mev
        condition = ((placement.condition() - self.mean) / self.width).float()
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
