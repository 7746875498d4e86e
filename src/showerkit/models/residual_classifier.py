"""The pivot's adversary: a network that names the class of an energy from its scaled residual."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from showerkit.models.residual_classifier_config import ResidualClassifierConfig


class ResidualClassifier(nn.Sequential):
    """Dense network with one input and one output per class.

    Parameters
    ----------
    config
        Width and depth.
    classes
        Number of classes.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.residual_classifier_config import ResidualClassifierConfig
    >>> ResidualClassifier(ResidualClassifierConfig(), classes=20)(torch.zeros(5)).shape
    torch.Size([5, 20])
    """

    def __init__(self, config: ResidualClassifierConfig, classes: int) -> None:
        widths = [1] + [config.hidden_width] * config.hidden_layers
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        super().__init__(*layers, nn.Linear(widths[-1], classes))

    def forward(self, residual: Tensor) -> Tensor:
        """Logits (B, classes) of scaled residuals (B,)."""
        features = residual[:, None]
        for layer in self:
            features = layer(features)
        return features
