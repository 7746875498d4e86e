"""The flow of showers as one graph: energies of layers, shape and cells drawn inside, its steps unrolled."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from showerkit.export.cell_laws import CellLaws, DrawnShape, with_hits
from showerkit.export.deposit_limit import most_deposit
from showerkit.export.incident_inputs import IncidentInputs
from showerkit.export.layer_splits import LayerSplits
from showerkit.export.spline_chain import SplineChain
from showerkit.export.spline_total import sigmoid
from showerkit.export.window_placement import graph_placement

if TYPE_CHECKING:
    from showerkit.data.shower_frame import ShowerFrame
    from showerkit.data.window_condition import WindowCondition
    from showerkit.models.ode_solver_config import FixedStepConfig
    from showerkit.models.shower_flow import ShowerFlow

#: Roundings of what is told of the particle, in units of those of what the flow carried.
_OF_INPUTS: Final = 0.125


class ShowerFlowGraph(nn.Module):
    """`showerkit.generate.shower_flow_showers.ShowerFlowGenerator` for tensors.

    What energies, shape and laws of cells are made of is in double precision as there, the velocities in
    single precision.

    Parameters
    ----------
    network
        The flow, with its weights.
    solver
        How its samples follow the velocities.
    frame
        The frame in which it sees showers.
    condition
        How its inputs are standardised.
    particles
        Codes of the particles that it knows.
    """

    mean: Tensor
    width: Tensor

    def __init__(
        self,
        network: ShowerFlow,
        solver: FixedStepConfig,
        frame: ShowerFrame[Any],
        condition: WindowCondition,
        particles: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.incident = IncidentInputs(particles)
        self.frame, self.solver = frame, solver
        network = copy.deepcopy(network).float()
        self.velocity = network.velocity
        self.network = network
        self.layers = LayerSplits(network.energies)
        self.laws = CellLaws(network.marginals, frame.layout, network.threshold_mev)
        self.shape = None
        if network.shower_shape is not None:
            self.shape = SplineChain(network.shower_shape.flow)
            self.numbers = copy.deepcopy(network.shower_shape).double()
        threshold = np.float32(network.threshold_mev)
        self.least_mev = float(np.nextafter(threshold, np.float32(np.inf)))
        width = np.array(condition.width)
        # What never varied in the training becomes 0 by an infinite width.
        width = np.where(width > 0.0, width, np.inf)
        self.register_buffer("mean", torch.tensor(condition.mean, dtype=torch.float64))
        self.register_buffer("width", torch.from_numpy(width))

    def forward(self, *given: Tensor) -> Tensor:
        """Make showers from the incident particles' inputs and two random ones; (N, cells) in MeV."""
        return self.moved(0.0, *given)

    def moved(self, shift: Tensor | float, *given: Tensor) -> Tensor:
        """Make showers as `forward` does, what the flow carried being moved by shift (1 + its size).

        `shift` has the shape (N, *shape); what is told of the particle moves by an eighth of it.
        """
        *incident, of_energies, of_cells = given
        flight = self.incident(*incident)
        placement = graph_placement(flight, self.frame)
        condition = ((placement.condition() - self.mean) / self.width).float().double()
        if isinstance(shift, Tensor):
            # What is told comes from inputs in single precision; each number is rounded by itself.
            own = shift.flatten(1)[:, : condition.shape[1]]
            condition = condition + _OF_INPUTS * own * (1.0 + condition.abs())
        origin = self.network.origin(condition)
        if flight.particle is not None:
            known = torch.tensor(self.incident.particles)
            condition = torch.cat([condition, (flight.particle == known).double()], dim=1)
        layer_mev = self.layers(condition, flight.energy_mev, of_energies.double())
        total = layer_mev.sum(dim=1, keepdim=True).clamp(min=1.0e-9)
        most = most_deposit(flight, self.incident.particles)
        layer_mev = layer_mev * (most / total).clamp(max=1.0)
        told = torch.cat([condition, self.layers.code(flight.energy_mev, layer_mev)], dim=1)
        shape: DrawnShape | None
        shape, start = None, self.network.start(of_cells)
        if self.shape is not None:
            features = self.shape.flow.features
            numbers = self._drawn(of_cells[:, :features], told)
            told = torch.cat([told, self.numbers.code(numbers)], dim=1)
            shape = DrawnShape(self.numbers.hits(numbers), *self.numbers.wanted(numbers, origin))
        law = self.laws(told)
        made = self.network.carried(start, told.float(), self.solver)
        if isinstance(shift, Tensor):
            made = made.double() + shift * (1.0 + made.abs())
        energy_mev = with_hits(self.laws, law, made, layer_mev, shape)
        energy_mev = torch.where(energy_mev > 0.0, energy_mev.clamp(min=self.least_mev), 0.0)
        return placement.images(energy_mev.view(-1, *self.frame.shape).float())

    def _drawn(self, normal: Tensor, told: Tensor) -> Tensor:
        """Turn normal numbers (N, 5) into those of a shape, by its splines or by the network for them."""
        network = self.numbers.network
        if network is not None:
            hidden = torch.cat([told, normal.double()], dim=1)
            for layer in network:
                # The runtime's SiLU is one of single precision.
                hidden = layer(hidden) if isinstance(layer, nn.Linear) else hidden * sigmoid(hidden)
            return self.numbers.bounded((normal + hidden) * self.numbers.flow.width + self.numbers.flow.mean)
        return normal if self.shape is None else self.numbers.bounded(self.shape(normal, told))
