"""The Energy Flow Network: Deep Sets that soft and collinear splittings leave as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from showerkit.models.flat_candidates import candidate_columns, flat_candidates, sum_of_each
from showerkit.models.jet_energy_model import JetEnergyModel, relu_layers

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.energy_flow_config import EnergyFlowConfig
    from showerkit.models.flat_candidates import JetTensors


class EnergyFlowNetwork(JetEnergyModel):
    r"""A function of the flow of energy alone.

    .. math:: F\left(\sum_i z_i \Phi(\eta_i, \phi_i), \mathrm{jet}\right), \quad
              z_i = \frac{p_{T i}}{\sum_j p_{T j}}

    Source: P. Komiske, E. Metodiev and J. Thaler, JHEP 01 (2019) 121, arXiv:1810.05165.

    Parameters
    ----------
    config
        Its inputs and sizes.
    outputs
        Number of outputs, as the objective wants it.
    """

    def __init__(self, config: EnergyFlowConfig, outputs: int = 1) -> None:
        super().__init__(config, config.phi[-1], config.f, outputs)
        self.phi = relu_layers([2, *config.phi])

    def forward(self, jets: JetTensors) -> Tensor:
        """Give the outputs (see `JetEnergyModel.forward`)."""
        flat = flat_candidates(jets)
        pt = flat.values[:, :1]
        total = sum_of_each(pt, flat.owner, len(jets.mask))
        share = pt / total[flat.owner].clamp(min=torch.finfo(pt.dtype).tiny)
        found = self.phi(candidate_columns(flat, ("relative-eta", "relative-phi"), self.radius))
        return self.of_sums(sum_of_each(share * found, flat.owner, len(jets.mask)), jets)
