"""The ZDC reports' generator: for each cell the probability of a hit (MASK) and its energy (VALUE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from showerkit.errors import ConfigurationError
from showerkit.models.blocks import (
    Conv2dBlockH3W3,
    Conv2dBlockH5W5,
    FiLM,
    LinearBlock,
    PixelShuffle2D,
    initialise,
)
from showerkit.models.mask_value_config import IMAGE_CELLS, MaskValueConfig

if TYPE_CHECKING:
    from showerkit.geometry import Calorimeter

__all__ = ["MaskValueConfig", "MaskValueGenerator", "require_image"]


def require_image(detector: Calorimeter) -> None:
    """Refuse a detector whose showers this network cannot draw.

    Raises
    ------
    ConfigurationError
        If the detector has not one layer of 20 x 20 cells.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> require_image(load_detector("zdc-ecal"))
    """
    expected = (1, IMAGE_CELLS, IMAGE_CELLS)
    if detector.shape != expected:
        raise ConfigurationError(
            f"detector '{detector.name}' with a mask-value network",
            got="{} layers of {} x {} cells".format(*detector.shape),
            expected="1 layer of {1} x {2} cells".format(*expected),
            mend="choose a detector of that size, such as zdc-ecal",
        )


class MaskValueGenerator(nn.Module):
    """Generator with two heads over the incident particle.

    The network text is that of the ZDC reports (2025/07/09 for ``default`` and ``extended-2``, 2025/08/07 for
    `param_encoder` and `FiLM`): linear blocks, 3 x 3 features enlarged to 5 x 5 by a transposed convolution,
    then to 10 x 10 and 20 x 20 by pixel shuffles with convolution blocks between; each head is a 1 x 1
    convolution. A sigmoid over the first gives the probability of a hit, kept as a logit for the loss's sake.

    Parameters
    ----------
    config
        What the network is made of.

    Examples
    --------
    >>> network = MaskValueGenerator(MaskValueConfig(hidden=4))
    >>> mask_logit, value = network(torch.zeros(2, 1))
    >>> mask_logit.shape, value.shape
    (torch.Size([2, 1, 20, 20]), torch.Size([2, 1, 20, 20]))
    """

    def __init__(self, config: MaskValueConfig) -> None:
        super().__init__()
        self.config = config
        h = config.hidden
        self.head_in: nn.Module
        if config.modulates:
            self.head_in = nn.Sequential(
                nn.Linear(config.n_inputs, 2 * h), nn.ReLU(), nn.Linear(2 * h, 4 * h)
            )
            self.film_condition = nn.Linear(4 * h, h)
            self.film = FiLM(h)
        else:
            self.head_in = nn.Linear(config.n_inputs, 4 * h)
        if config.noise_inputs:
            self.noise_in = nn.Linear(config.noise_inputs, 4 * h, bias=False)
        self.encoder = _encoder(config)
        self.mask_head = nn.Conv2d(h, 1, 1)
        self.value_head = nn.Conv2d(h, 1, 1)
        initialise(self)
        self._start_gently()
        # Convolutions on the processor are a quarter faster with the channels innermost.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _start_gently(self) -> None:
        """Let heads, modulation and noise start near "nothing known", so that no first step throws."""
        nn.init.normal_(self.mask_head.weight, std=0.01)
        nn.init.normal_(self.value_head.weight, std=0.01)
        if self.config.modulates:
            nn.init.zeros_(self.film.scale.weight)
            nn.init.zeros_(self.film.shift.weight)
        if self.config.noise_inputs:
            # A network trained without noise goes on exactly where it was when noise is added.
            nn.init.zeros_(self.noise_in.weight)

    def features(self, condition: Tensor, noise: Tensor | None = None) -> Tensor:
        """Compute the (B, h, 20, 20) features that both heads read."""
        code: Tensor = self.head_in(condition)
        if self.config.noise_inputs:
            if noise is None:
                raise ConfigurationError(
                    "noise of a mask-value network",
                    got="none",
                    expected=f"{self.config.noise_inputs} standard normal numbers an event",
                )
            code = code + self.noise_in(noise)
        features: Tensor = self.encoder(code)
        if self.config.modulates:
            features = self.film(features, self.film_condition(code))
        return features

    def forward(self, condition: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Predict logit of the hit probability and the normalised energy of every cell.

        Parameters
        ----------
        condition
            Normalised inputs, shape (B, n_inputs).
        noise
            Random inputs, shape (B, noise_inputs), for a network that has some.

        Returns
        -------
        tuple of torch.Tensor
            MASK logits and VALUE, each of shape (B, 1, 20, 20).

        Raises
        ------
        ConfigurationError
            If the network needs noise and got none.
        """
        features = self.features(condition, noise)
        return self.mask_head(features), self.value_head(features)


def _encoder(config: MaskValueConfig) -> nn.Sequential:
    """Stack the layers from the 4 h wide code to (h, 20, 20) features."""
    h, kind, norm = config.hidden, config.activation, config.normalisation
    share = config.dropout_share
    extra = 2 if config.variant == "extended-2" else 0

    def drop() -> list[nn.Module]:
        return [nn.Dropout(share)] if share > 0.0 else []

    linear = [LinearBlock(4 * h, 4 * h, 4, kind) for _ in range(1 + extra)]
    at_5: list[nn.Module] = [
        Conv2dBlockH3W3(h, 2 * h, kind, norm),
        *(Conv2dBlockH3W3(2 * h, 2 * h, kind, norm) for _ in range(extra)),
        Conv2dBlockH3W3(2 * h, 4 * h, kind, norm),
    ]
    at_10: list[nn.Module] = [
        Conv2dBlockH5W5(h, 2 * h, kind, norm),
        *(Conv2dBlockH5W5(2 * h, 2 * h, kind, norm) for _ in range(extra)),
        Conv2dBlockH5W5(2 * h, 4 * h, kind, norm),
    ]
    at_20: list[nn.Module] = [Conv2dBlockH5W5(h, h, kind, norm) for _ in range(2 + extra)]
    return nn.Sequential(
        *linear,
        LinearBlock(4 * h, 9 * h, 4, kind),
        *drop(),
        nn.Unflatten(1, (h, 3, 3)),
        nn.ConvTranspose2d(h, h, 3),
        *at_5,
        *drop(),
        PixelShuffle2D(2, 2),
        *at_10,
        *drop(),
        PixelShuffle2D(2, 2),
        *at_20,
    )
