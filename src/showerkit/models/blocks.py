"""The building blocks of the ZDC networks, under the names of the reports.

`LinearBlock`, `Conv2dBlockH3W3`, `Conv2dBlockH5W5`, `PixelShuffle2D`, `PixelUnshuffle2D` and `FiLM` are named
in the ZDC ML status reports (2025/06/05, 2025/07/09, 2025/08/07), of which only the last is printed there in
full; the open choices of the others (activation, normalisation, initial weights) are arguments here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from showerkit.models.mask_value_config import Activation, Normalisation

#: Slope of the leaky rectifier for negative arguments.
LEAKY_SLOPE = 0.1


def activation_layer(kind: Activation) -> nn.Module:
    """Make the activation of that name."""
    if kind == "relu":
        return nn.ReLU(inplace=True)
    if kind == "leaky-relu":
        return nn.LeakyReLU(LEAKY_SLOPE, inplace=True)
    return nn.SiLU(inplace=True)


def normalisation_layer(kind: Normalisation, channels: int) -> nn.Module:
    """Make the normalisation of that name over feature maps with `channels` channels."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "group":
        return nn.GroupNorm(min(8, channels), channels)
    return nn.Identity()


def initialise(module: nn.Module) -> None:
    """Draw the weights of all linear and convolution layers so that a deep stack keeps its signal.

    Weights are normal with variance 2 / fan-in (He et al., arXiv:1502.01852, equation 10), biases zero: the
    usual default of the library would shrink the signal of these ten to twenty layers to nothing.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        elif isinstance(layer, nn.ConvTranspose2d):
            # Its weight is (in, out, ky, kx): each output sums over in * ky * kx only well inside the
            # image, and over fewer at the edges; the full count is used.
            fan_in = layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
            nn.init.normal_(layer.weight, std=(2.0 / fan_in) ** 0.5)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


class LinearBlock(nn.Sequential):
    """`depth` linear layers, each followed by an activation; the first changes the width.

    Parameters
    ----------
    n_in, n_out
        Numbers of features.
    depth
        Number of linear layers.
    activation
        Kind of activation.

    Examples
    --------
    >>> block = LinearBlock(4, 6, 2)
    >>> sum(p.numel() for p in block.parameters())  # (4 * 6 + 6) + (6 * 6 + 6)
    72
    """

    def __init__(self, n_in: int, n_out: int, depth: int, activation: Activation = "relu") -> None:
        layers: list[nn.Module] = []
        for number in range(depth):
            layers += [nn.Linear(n_in if number == 0 else n_out, n_out), activation_layer(activation)]
        super().__init__(*layers)


class _ConvolutionBlock(nn.Sequential):
    """Convolution that keeps the image's size, normalisation, activation."""

    kernel: int

    def __init__(
        self,
        n_in: int,
        n_out: int,
        activation: Activation = "relu",
        normalisation: Normalisation = "none",
    ) -> None:
        # A bias in front of a batch or group normalisation would be taken out again by its mean.
        convolution = nn.Conv2d(
            n_in, n_out, self.kernel, padding=self.kernel // 2, bias=normalisation == "none"
        )
        layers: list[nn.Module] = [convolution]
        if normalisation != "none":
            layers.append(normalisation_layer(normalisation, n_out))
        layers.append(activation_layer(activation))
        super().__init__(*layers)


class Conv2dBlockH3W3(_ConvolutionBlock):
    """3 x 3 convolution that keeps the image's size, normalisation (if any), activation.

    Parameters
    ----------
    n_in, n_out
        Numbers of channels.
    activation, normalisation
        Kinds of them.

    Examples
    --------
    >>> Conv2dBlockH3W3(2, 3)(torch.zeros(1, 2, 5, 5)).shape
    torch.Size([1, 3, 5, 5])
    """

    kernel = 3


class Conv2dBlockH5W5(_ConvolutionBlock):
    """5 x 5 convolution that keeps the image's size, normalisation (if any), activation.

    Parameters and use are those of `Conv2dBlockH3W3`.
    """

    kernel = 5


class PixelShuffle2D(nn.Module):
    """Turn factor_y * factor_x channels into one that is larger by these factors.

    For equal factors this is the sub-pixel convolution's shuffle (Shi et al., arXiv:1609.05158, equation 4).

    Parameters
    ----------
    factor_y, factor_x
        Factors by which the image grows.

    Examples
    --------
    >>> PixelShuffle2D(2, 2)(torch.zeros(1, 8, 5, 5)).shape
    torch.Size([1, 2, 10, 10])
    """

    def __init__(self, factor_y: int, factor_x: int) -> None:
        super().__init__()
        self.factors = (factor_y, factor_x)

    def forward(self, image: Tensor) -> Tensor:
        """Shuffle (B, C fy fx, ny, nx) to (B, C, ny fy, nx fx)."""
        fy, fx = self.factors
        if fy == fx:
            return nn.functional.pixel_shuffle(image, fy)
        batch, channels, ny, nx = image.shape
        split = image.reshape(batch, channels // (fy * fx), fy, fx, ny, nx)
        return split.permute(0, 1, 4, 2, 5, 3).reshape(batch, channels // (fy * fx), ny * fy, nx * fx)


class PixelUnshuffle2D(nn.Module):
    """Inverse of `PixelShuffle2D`: a smaller image with factor_y * factor_x times the channels.

    Parameters
    ----------
    factor_y, factor_x
        Factors by which the image shrinks.

    Examples
    --------
    >>> image = torch.arange(36.0).reshape(1, 1, 6, 6)
    >>> bool((PixelShuffle2D(2, 3)(PixelUnshuffle2D(2, 3)(image)) == image).all())
    True
    """

    def __init__(self, factor_y: int, factor_x: int) -> None:
        super().__init__()
        self.factors = (factor_y, factor_x)

    def forward(self, image: Tensor) -> Tensor:
        """Unshuffle (B, C, ny fy, nx fx) to (B, C fy fx, ny, nx)."""
        fy, fx = self.factors
        if fy == fx:
            return nn.functional.pixel_unshuffle(image, fy)
        batch, channels, ny, nx = image.shape
        split = image.reshape(batch, channels, ny // fy, fy, nx // fx, fx)
        return split.permute(0, 1, 3, 5, 2, 4).reshape(batch, channels * fy * fx, ny // fy, nx // fx)


class FiLM(nn.Module):
    """Feature-wise linear modulation: x (1 + scale(c)) + shift(c), per channel.

    Source: Perez et al., arXiv:1709.07871; as in the ZDC report of 2025/08/07.

    Parameters
    ----------
    channels
        Number of channels of the image and of features of the condition.

    Examples
    --------
    >>> FiLM(3)(torch.zeros(2, 3, 4, 4), torch.zeros(2, 3)).shape
    torch.Size([2, 3, 4, 4])
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Linear(channels, channels)
        self.shift = nn.Linear(channels, channels)

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        """Modulate an image (B, C, ny, nx) by a condition (B, C)."""
        scale: Tensor = self.scale(condition)[:, :, None, None]
        shift: Tensor = self.shift(condition)[:, :, None, None]
        return torch.addcmul(shift, image, 1.0 + scale)
