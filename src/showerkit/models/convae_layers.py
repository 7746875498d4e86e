"""The convolutions of the ConVAE, and their mirror image."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from showerkit.models.convae_config import ConVAEConfig


def encoder_layers(config: ConVAEConfig) -> nn.Sequential:
    """Make the convolutions, each followed by ReLU.

    Parameters
    ----------
    config
        Settings of the network.

    Returns
    -------
    torch.nn.Sequential
        From (B, 1, features, points) to (B, last filters, 1, inner points).
    """
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(pairwise((1, *config.filters))):
        kernel = (config.n_features if number == 0 else 1, config.kernel)
        layers += [nn.Conv2d(before, after, kernel, padding=(0, config.padding)), nn.ReLU()]
    return nn.Sequential(*layers)


def decoder_layers(config: ConVAEConfig) -> nn.Sequential:
    """Make the transposed convolutions, each but the last followed by ReLU.

    Parameters
    ----------
    config
        Settings of the network.

    Returns
    -------
    torch.nn.Sequential
        From (B, last filters, 1, inner points) to (B, 1, features, points).
    """
    layers: list[nn.Module] = []
    widths = tuple(pairwise((*reversed(config.filters), 1)))
    for number, (before, after) in enumerate(widths):
        last = number == len(widths) - 1
        kernel = (config.n_features if last else 1, config.kernel)
        layers.append(nn.ConvTranspose2d(before, after, kernel, padding=(0, config.padding)))
        if not last:
            layers.append(nn.ReLU())
    if config.output == "sigmoid":
        layers.append(nn.Sigmoid())
    return nn.Sequential(*layers)
