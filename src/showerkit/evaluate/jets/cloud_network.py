"""A classifier of particle clouds that knows no order of the particles."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import leaky_relu

from showerkit.evaluate.classifier_network import seeded_linear


class CloudNetwork(nn.Module):
    r"""Layers of particles that see each other through their sum and mean.

    .. math:: h_i \to \sigma(W [h_i, \tfrac{1}{P} \sum_j h_j, \langle h \rangle] + b)

    with the last sum and mean read out. Sources: M. Zaheer et al., "Deep Sets", arXiv:1703.06114; E. Buhmann
    et al., "EPiC-GAN", arXiv:2301.08128.

    Parameters
    ----------
    features
        Features of a particle.
    width, layers
        Size of the network.
    random
        Generator of the weights.
    """

    def __init__(self, features: int, width: int, layers: int, random: torch.Generator) -> None:
        super().__init__()
        self.embed = seeded_linear(features, width, random)
        widths = [3 * width] * layers
        self.layers = nn.ModuleList(seeded_linear(inputs, width, random) for inputs in widths)
        ends = [2 * width, width, 1]
        self.read_out = nn.ModuleList(seeded_linear(one, two, random) for one, two in pairwise(ends))

    def forward(self, jets: torch.Tensor) -> torch.Tensor:
        """Return logits of jets whose last feature is the mask: (N, P, features + 1) to (N, 1)."""
        mask = jets[..., -1:]
        number = mask.sum(dim=1).clamp(min=1.0)
        places = jets.shape[1]
        hidden = leaky_relu(self.embed(jets[..., :-1])) * mask
        for layer in self.layers:
            pooled = self._pooled(hidden, number, places)
            context = pooled[:, None, :].expand(-1, places, -1)
            hidden = (hidden + leaky_relu(layer(torch.cat([hidden, context], dim=2)))) * mask
        out = leaky_relu(self.read_out[0](self._pooled(hidden, number, places)))
        logits: torch.Tensor = self.read_out[1](out)
        return logits

    @staticmethod
    def _pooled(hidden: torch.Tensor, number: torch.Tensor, places: int) -> torch.Tensor:
        total = hidden.sum(dim=1)
        return torch.cat([total / places, total / number], dim=1)
