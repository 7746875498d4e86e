"""The Particle Flow Network: Deep Sets on the candidates of a jet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.models.flat_candidates import candidate_columns, flat_candidates, sum_of_each
from showerkit.models.jet_energy_model import JetEnergyModel, relu_layers

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.flat_candidates import JetTensors
    from showerkit.models.particle_flow_config import ParticleFlowConfig


class ParticleFlowNetwork(JetEnergyModel):
    r"""A function of a set of candidates that does not depend on their order.

    .. math:: F\left(\sum_i \Phi(p_i), \mathrm{jet}\right)

    Source: P. Komiske, E. Metodiev and J. Thaler, JHEP 01 (2019) 121, arXiv:1810.05165.

    Parameters
    ----------
    config
        Its inputs and sizes.
    outputs
        Number of outputs, as the objective wants it.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.flat_candidates import JetTensors
    >>> from showerkit.models.particle_flow_config import ParticleFlowConfig
    >>> network = ParticleFlowNetwork(ParticleFlowConfig(), outputs=2)
    >>> jets = JetTensors(torch.ones(3, 7, 5), torch.ones(3, 7, dtype=torch.bool), torch.ones(3, 6))
    >>> network(jets).shape
    torch.Size([3, 2])
    """

    def __init__(self, config: ParticleFlowConfig, outputs: int = 1) -> None:
        super().__init__(config, config.phi[-1], config.f, outputs)
        self.config = config
        self.phi = relu_layers([config.candidate_columns, *config.phi])

    def forward(self, jets: JetTensors) -> Tensor:
        """Give the outputs (see `JetEnergyModel.forward`)."""
        flat = flat_candidates(jets)
        found = self.phi(candidate_columns(flat, self.config.candidate_inputs, self.radius))
        sums = sum_of_each(found, flat.owner, len(jets.mask))
        return self.of_sums(sums / self.config.typical_candidates, jets)
