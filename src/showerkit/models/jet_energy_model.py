"""What every network that calibrates the energy of jets has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.models.flat_candidates import jet_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from showerkit.models.flat_candidates import JetTensors
    from showerkit.models.jet_energy_config import JetEnergyModelConfig


class JetEnergyModel(nn.Module):
    """Base of the networks: layers behind what the candidates gave, and the jet's own numbers beside it.

    The first output starts at 0 for every jet, hence (see `showerkit.losses.jet_objectives`) with the
    uncalibrated energy, which the training then has to better only.

    Parameters
    ----------
    config
        Inputs of the jet.
    sums
        Numbers that the candidates give.
    widths
        Widths of the layers behind.
    outputs
        Number of outputs, as the objective wants it.
    """

    def __init__(self, config: JetEnergyModelConfig, sums: int, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.jet_inputs = config.jet_inputs
        self.radius = config.radius
        self.f = relu_layers([sums + len(config.jet_inputs), *widths])
        self.output = nn.Linear(widths[-1], outputs)
        with torch.no_grad():
            self.output.weight[0] = 0.0
            self.output.bias[0] = 0.0

    def forward(self, jets: JetTensors) -> Tensor:
        """Give the outputs, shape (B, outputs), of B jets."""
        raise NotImplementedError

    def of_sums(self, sums: Tensor, jets: JetTensors) -> Tensor:
        """Go from what the candidates gave, shape (B, sums), to the outputs."""
        told = torch.cat([sums, jet_columns(jets, self.jet_inputs).to(sums.dtype)], dim=1)
        found: Tensor = self.output(self.f(told))
        return found


def relu_layers(widths: Sequence[int]) -> nn.Sequential:
    """Stack linear layers with a ReLU behind each, weights drawn as He et al. do (arXiv:1502.01852).

    Examples
    --------
    >>> [type(layer).__name__ for layer in relu_layers([3, 5, 2])]
    ['Linear', 'ReLU', 'Linear', 'ReLU']
    """
    from showerkit.models.energy_model import dense

    layers = dense(list(widths))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return layers
