"""A small network that measures energies from layer sums, hits and moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.data.layer_features import layer_feature_names, layer_features
from showerkit.errors import DataError
from showerkit.models.calibrated_model import CalibratedEnergyModel
from showerkit.models.energy_model import dense

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.layer_profile_config import LayerProfileConfig

#: A feature whose standard deviation is smaller than this share of its mean counts as constant.
_LEAST_VARIATION: Final = 1.0e-4


class LayerProfile(CalibratedEnergyModel):
    """A dense network on `layer_features` of each input, added to a linear calibration of the layers.

    The features enter as logarithms ln(1 + f), shifted and scaled to mean 0 and width 1 by `standardise`,
    without which the network learns badly; for the linear part see `CalibratedEnergyModel`.

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
    >>> from showerkit.models.layer_profile_config import LayerProfileConfig
    >>> network = LayerProfile(LayerProfileConfig(), (17, 8, 8))
    >>> network.standardise(torch.rand(100, 17, 8, 8))
    >>> network(torch.ones(2, 17, 8, 8)).shape
    torch.Size([2, 1])
    """

    mean: Tensor
    width: Tensor

    def __init__(self, config: LayerProfileConfig, shape: tuple[int, int, int], outputs: int = 1) -> None:
        super().__init__(config, shape, config.hidden, outputs)
        self.config = config
        features = len(config.inputs) * len(layer_feature_names(shape[0]))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("width", torch.ones(features))
        self.dense = dense([features, *[config.hidden] * config.hidden_layers], nn.SiLU)

    def standardise(self, cells: Tensor, second: Tensor | None = None) -> None:
        """Fix the shifts and widths of the features by a sample.

        Parameters
        ----------
        cells, second
            As for `forward`, of at least 2 showers, best some thousand of the training part.

        Raises
        ------
        DataError
            If there are fewer showers, or they do not fit the network.
        """
        if len(cells) < 2:
            raise DataError("cells", got=f"{len(cells)} showers", expected="at least 2")
        features = self._features(self.images(cells, second)).double()
        width, mean = torch.std_mean(features, dim=0, correction=0)
        constant = width <= _LEAST_VARIATION * mean.abs()
        self.mean.copy_(mean)
        self.width.copy_(torch.where(constant, 1.0, width))

    def forward(self, cells: Tensor, second: Tensor | None = None) -> Tensor:
        """Measure energies (see `CNN3D.forward`)."""
        images = self.images(cells, second)
        sums = images.sum(dim=(3, 4)) / self.input_scale[:, None]
        return self.calibrated(sums, self.dense((self._features(images) - self.mean) / self.width))

    def _features(self, images: Tensor) -> Tensor:
        """Compute the logarithms of the features of each quantity, in its own unit, (B, features)."""
        threshold = self.config.hit_threshold
        parts = [layer_features(images[:, channel], threshold) for channel in range(images.shape[1])]
        return torch.cat(parts, dim=1).log1p()
