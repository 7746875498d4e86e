"""The ZDC reports' discriminator: how much a shower's image looks like one of Geant4."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from showerkit.models.blocks import (
    Conv2dBlockH3W3,
    Conv2dBlockH5W5,
    FiLM,
    LinearBlock,
    PixelUnshuffle2D,
    initialise,
)
from showerkit.models.discriminator_config import DiscriminatorConfig

__all__ = ["Discriminator", "DiscriminatorConfig"]


class Discriminator(nn.Module):
    r"""`proj_head` of the ZDC reports over an image of 20 x 20 cells, told the incident particle.

    The network text is that of the ZDC report of 2025/06/05; the final sigmoid is left to the loss, which is
    exact then. The report says neither how one channel becomes h (here: a 1 x 1 convolution) nor how the
    incident particle enters. Here it enters as in the generator, through a `param_encoder` whose code
    modulates the (h, 20, 20) features (`FiLM`), and at the end as a projection (Miyato and Koyama,
    arXiv:1802.05637, equation 3),

    .. math:: D(x, c) = w^T \phi(x, c) + b + \langle V c, \phi(x, c) \rangle

    which is the form that the logarithm of a ratio of conditional densities has.

    Parameters
    ----------
    config
        What the network is made of.
    n_inputs
        Number of normalised inputs that describe the incident particle.

    Examples
    --------
    >>> network = Discriminator(DiscriminatorConfig(hidden=4), n_inputs=6)
    >>> network(torch.zeros(2, 1, 20, 20), torch.zeros(2, 6)).shape
    torch.Size([2])
    """

    def __init__(self, config: DiscriminatorConfig, n_inputs: int) -> None:
        super().__init__()
        self.config = config
        h, kind = config.hidden, config.activation
        pairs = config.variant == "default"
        self.param_encoder = nn.Sequential(nn.Linear(n_inputs, 2 * h), nn.ReLU(), nn.Linear(2 * h, 4 * h))
        self.film_condition = nn.Linear(4 * h, h)
        self.film = FiLM(h)
        self.entrance = nn.Conv2d(config.channels, h, 1)
        drop = [nn.Dropout(config.dropout)] if config.dropout > 0.0 else []
        at_20 = [Conv2dBlockH5W5(h, h, kind) for _ in range(2 if pairs else 1)]
        at_10 = _reducing(Conv2dBlockH5W5, h, config)
        at_5 = _reducing(Conv2dBlockH3W3, h, config)
        dense = [LinearBlock(4 * h, 4 * h, 4, kind)] if pairs else []
        self.proj_head = nn.Sequential(
            *at_20,
            *drop,
            PixelUnshuffle2D(2, 2),
            *at_10,
            *drop,
            PixelUnshuffle2D(2, 2),
            *at_5,
            nn.Conv2d(h, h, 3),
            nn.Flatten(),
            *drop,
            LinearBlock(9 * h, 4 * h, 4, kind),
            *dense,
        )
        self.verdict = nn.Linear(4 * h, 1)
        self.projection = nn.Linear(4 * h, 4 * h, bias=False)
        initialise(self)
        # No verdict and no modulation at the beginning, so that the first steps of the generator are small.
        nn.init.normal_(self.verdict.weight, std=0.01)
        nn.init.zeros_(self.film.scale.weight)
        nn.init.zeros_(self.film.shift.weight)
        nn.init.zeros_(self.projection.weight)
        if config.spectral_norm is not None:
            self._normalise(config.spectral_norm)
        # Convolutions on the processor are a quarter faster with the channels innermost.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _normalise(self, largest: float) -> None:
        """Scale every weight of the path from image to verdict to a given largest singular value.

        The code of the incident particle is left alone: its inputs do not depend on the generator.
        """
        for part in (self.entrance, self.proj_head, self.verdict):
            for layer in part.modules():
                if isinstance(layer, nn.Linear | nn.Conv2d):
                    spectral_norm(layer)
                    register_parametrization(layer, "weight", _Scaled(largest))

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        """Judge images.

        Parameters
        ----------
        image
            What the discriminator sees, shape (B, channels, 20, 20).
        condition
            Normalised inputs, shape (B, n_inputs).

        Returns
        -------
        torch.Tensor
            Logits of "from Geant4", shape (B,).
        """
        code: Tensor = self.param_encoder(condition)
        features: Tensor = self.film(self.entrance(image), self.film_condition(code))
        features = self.proj_head(features)
        verdict: Tensor = self.verdict(features)[:, 0]
        agreement: Tensor = (features * self.projection(code)).sum(dim=1)
        return verdict + agreement


class _Scaled(nn.Module):
    """Multiply a weight by a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, weight: Tensor) -> Tensor:
        return self.factor * weight


def _reducing(
    block: type[Conv2dBlockH3W3 | Conv2dBlockH5W5], h: int, config: DiscriminatorConfig
) -> list[nn.Module]:
    """One pair of blocks behind a reduction, from 4h to h channels; one block if simplified."""
    kind = config.activation
    if config.variant == "simplified":
        return [block(4 * h, h, kind)]
    return [block(4 * h, 2 * h, kind), block(2 * h, h, kind)]


def build_discriminator(config: DiscriminatorConfig, n_inputs: int, *, seed: int) -> Discriminator:
    """Build a discriminator whose initial weights depend on the seed alone.

    Examples
    --------
    >>> network = build_discriminator(DiscriminatorConfig(hidden=2), 1, seed=1)
    >>> network.config.hidden
    2
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Discriminator(config, n_inputs)
