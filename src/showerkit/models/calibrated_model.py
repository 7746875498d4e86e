"""Networks that measure an energy as a linear calibration and what a network adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.errors import DataError
from showerkit.models.energy_model import EnergyModel

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.energy_config import EnergyModelConfig


class CalibratedEnergyModel(EnergyModel):
    r"""Base of the networks that add to a weighted sum of the layers.

    .. math:: \hat E = \sum_{q,l} w_{ql} S_{ql} + W h + b

    with S the sum of quantity q in layer l, divided by its scale, and h what the network makes of the shower.
    The weights w start at 0, or by `start_from` at a linear fit, which a network then has to better only.

    Parameters
    ----------
    config
        Its inputs.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    hidden
        Width of h.
    outputs
        Number of outputs, of which the linear fit is the first.
    """

    def __init__(
        self, config: EnergyModelConfig, shape: tuple[int, int, int], hidden: int, outputs: int
    ) -> None:
        super().__init__(config, shape)
        self.layer_weights = nn.Parameter(torch.zeros(len(config.inputs), shape[0], outputs))
        self.output = nn.Linear(hidden, outputs)

    def start_from(self, weights: Tensor, intercept_gev: float) -> None:
        """Begin as a linear fit: the network's own part is 0 until it has been trained.

        Parameters
        ----------
        weights
            Energy in GeV for each unit of each quantity (one track, one MeV), shape (inputs, layers).
        intercept_gev
            Energy of an empty shower in GeV.

        Raises
        ------
        DataError
            If there are more or fewer weights.
        """
        wanted = tuple(self.layer_weights.shape[:2])
        if tuple(weights.shape) != wanted:
            raise DataError("weights", got=f"shape {tuple(weights.shape)}", expected=f"shape {wanted}")
        with torch.no_grad():
            self.layer_weights[:, :, 0] = weights * self.input_scale[:, None]
            self.output.weight[0] = 0.0
            self.output.bias[0] = intercept_gev

    def calibrated(self, scaled_sums: Tensor, hidden: Tensor) -> Tensor:
        """Add the linear part to what the network found.

        Parameters
        ----------
        scaled_sums
            Layer sums of the scaled quantities, shape (B, inputs, layers).
        hidden
            h, shape (B, hidden).

        Returns
        -------
        torch.Tensor
            Outputs, shape (B, outputs).
        """
        found: Tensor = self.output(hidden)
        return found + torch.einsum("bql,qlo->bo", scaled_sums, self.layer_weights)
