"""A small 3-D residual network that measures energies."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from showerkit.models.calibrated_model import CalibratedEnergyModel
from showerkit.models.energy_model import dense
from showerkit.models.portions import in_portions

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.residual3d_config import Residual3DConfig


class ResidualBlock3D(nn.Module):
    r"""x + W_2 relu(W_1 relu(x)) with 3 x 3 x 3 convolutions (He et al., 2016, arXiv:1603.05027).

    There is no normalisation, which would take the size of the signal away: instead W_2 starts at zero, so
    that a deep stack starts as the identity (Zhang et al., 2019, arXiv:1901.09321).

    Parameters
    ----------
    channels
        Number of channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv3d(channels, channels, 3, padding=1)
        self.second = nn.Conv3d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        if self.second.bias is not None:
            nn.init.zeros_(self.second.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Add what the block finds to the features, (B, channels, layers, cells_y, cells_x)."""
        found: Tensor = self.second(functional.relu(self.first(functional.relu(features))))
        return features + found


class Residual3D(CalibratedEnergyModel):
    """Stages of residual blocks, each on half as fine a grid, then sums over all cells and a dense layer.

    An energy is a sum over cells, hence the pooling by sums; what the network finds is added to a linear
    calibration of the layers (see `CalibratedEnergyModel`).

    Parameters
    ----------
    config
        Its inputs and sizes.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    outputs
        Number of outputs, as the objective wants it; the first one is the energy in GeV.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.residual3d_config import Residual3DConfig
    >>> network = Residual3D(Residual3DConfig(), (17, 8, 8), outputs=2)
    >>> network(torch.ones(3, 17, 8, 8)).shape
    torch.Size([3, 2])
    """

    def __init__(self, config: Residual3DConfig, shape: tuple[int, int, int], outputs: int = 1) -> None:
        super().__init__(config, shape, config.hidden, outputs)
        self.config = config
        inputs = len(config.inputs)
        stages: list[nn.Module] = [nn.Conv3d(inputs, config.channels[0], 3, padding=1)]
        stages += [ResidualBlock3D(config.channels[0]) for _ in range(config.blocks)]
        for before, after in pairwise(config.channels):
            stages.append(nn.Conv3d(before, after, 3, stride=2, padding=1))
            stages += [ResidualBlock3D(after) for _ in range(config.blocks)]
        self.stages = nn.Sequential(*stages)
        self.dense = dense([config.channels[-1], config.hidden])

    def forward(self, cells: Tensor, second: Tensor | None = None) -> Tensor:
        """Measure energies (see `CNN3D.forward`)."""
        images = self.scaled_images(cells, second)
        features = functional.relu(in_portions(self.stages, images))
        # The mean is the sum but for a fixed factor, which keeps the numbers of order one.
        pooled = features.mean(dim=(2, 3, 4))
        return self.calibrated(images.sum(dim=(3, 4)), self.dense(pooled))
