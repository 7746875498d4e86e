"""The mask-and-value generator as one graph, from physical inputs to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.condition_transform import ConditionTransform
from showerkit.errors import CheckpointError
from showerkit.export.deposit_limit import most_deposit
from showerkit.export.incident_inputs import IncidentInputs, condition_columns
from showerkit.export.quantile_table import QuantileTable
from showerkit.export.spline_total import SplineTotal
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.hit_energy import LEAST_PROBABILITY, TINY_MEV
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.models.total_energy_flow import build_flow

if TYPE_CHECKING:
    from showerkit.train.checkpoint import Checkpoint


class MaskValueGraph(nn.Module):
    """`showerkit.generate.showers.ShowerGenerator` for tensors, hits, energies and the total drawn inside.

    Parameters
    ----------
    checkpoint
        The trained model.

    Raises
    ------
    CheckpointError
        If the weights do not fit the network that the checkpoint describes.
    """

    offset: Tensor
    scale: Tensor
    present: Tensor | None

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        meta = checkpoint.meta
        config, loss = meta.settings(MaskValueConfig, MaskValueLossConfig)
        self.incident = IncidentInputs(meta.particles)
        self.network = build_model(config, seed=0)
        flow = None if meta.total_energy_flow is None else build_flow(meta.total_energy_flow, seed=0)
        try:
            self.network.load_state_dict(checkpoint.network_weights)
            if flow is not None:
                flow.load_state_dict(checkpoint.flow_weights)
        except RuntimeError as misfit:
            raise CheckpointError(
                f"weights of model '{meta.name}'", got=" ".join(str(misfit).split())[:160]
            ) from None
        condition = ConditionTransform.from_dict(meta.condition_transform)
        self.names, self.plane_mm = condition.inputs, -meta.detector.gun_distance_mm
        self.register_buffer("offset", torch.tensor(condition.offset, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(condition.scale, dtype=torch.float64))
        self.cell_energy = CellEnergyTransform.from_dict(meta.energy_transform)
        self.of_all_cells = loss.value_cells == "all"
        self.spread = None if meta.value_spread is None else QuantileTable(meta.value_spread)
        self.total = None if meta.total_energy is None else QuantileTable(meta.total_energy)
        self.flow = None if flow is None else SplineTotal(flow)
        self.noisy = config.noise_inputs > 0
        detector = meta.detector
        present = None if detector.is_grid else torch.from_numpy(detector.cell_map.present)
        self.register_buffer("present", present)
        self.least_mev = float(np.nextafter(np.float32(meta.threshold_mev), np.float32(np.inf)))

    def forward(self, *given: Tensor) -> Tensor:
        """Make showers from the incident particles' inputs and the random ones; (N, cells) in MeV."""
        split = len(self.incident.inputs)
        flight = self.incident(*given[:split])
        random = iter(given[split:])
        condition = (condition_columns(flight, self.names, self.plane_mm) - self.offset) / self.scale
        mask_uniform = next(random)
        noise = next(random) if self.noisy else None
        mask_logit, value = self.network(condition.float(), noise)
        probability, value = mask_logit.sigmoid().flatten(1), value.flatten(1)
        if self.present is not None:
            probability = torch.where(self.present, probability, 0.0)
        hit = mask_uniform < probability
        incident_mev, most_mev = flight.energy_mev, most_deposit(flight, self.incident.particles)
        if self.of_all_cells:
            empty = self.cell_energy.empty_value()
            value = empty + (value - empty) / probability.clamp(min=LEAST_PROBABILITY)
        expected = drawn = value.double()
        if self.spread is not None:
            drawn = drawn + self.spread(expected, next(random))
        energy_mev = torch.minimum(self.cell_energy.inverse(drawn, incident_mev), most_mev)
        energy_mev = torch.where(hit, energy_mev.clamp(min=self.least_mev), 0.0)
        total_mev = None
        if self.flow is not None:
            total_mev = self.flow(condition.float(), incident_mev, next(random))
        elif self.total is not None:
            if_hit = self.cell_energy.inverse(expected, incident_mev).clamp(min=0.0)
            mean = (probability * torch.minimum(if_hit, incident_mev)).sum(dim=1, keepdim=True)
            mean = mean.clamp(min=TINY_MEV).log()
            total_mev = (mean + self.total(mean, next(random))).exp()
        if total_mev is not None:
            before = energy_mev.sum(dim=1, keepdim=True)
            factor = torch.minimum(total_mev, most_mev) / torch.where(before > 0.0, before, 1.0)
            scaled = torch.minimum((energy_mev * factor).clamp(min=self.least_mev), most_mev)
            energy_mev = torch.where(hit, scaled, 0.0)
        return energy_mev.float()
