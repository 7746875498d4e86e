"""Velocities of windows of cells by convolutions at two resolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import pad, silu

from showerkit.models.window_velocity import WindowCode

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.window_velocity_config import UNetVelocityConfig


class UNetVelocity(nn.Module):
    """A small U-Net (O. Ronneberger et al., arXiv:1505.04597), layers of the calorimeter as channels.

    The window is not the same everywhere: two channels tell the place in it.

    Parameters
    ----------
    config
        Its sizes.
    layers, across
        Shape (layers, across, across) of a window.
    told
        Length of the condition.

    Examples
    --------
    >>> from showerkit.models.window_velocity_config import UNetVelocityConfig
    >>> network = UNetVelocity(UNetVelocityConfig(hidden=4), layers=2, across=5, told=7)
    >>> network(torch.rand(4), torch.randn(4, 2, 5, 5), torch.randn(4, 7)).shape
    torch.Size([4, 2, 5, 5])
    """

    places: Tensor

    def __init__(self, config: UNetVelocityConfig, *, layers: int, across: int, told: int) -> None:
        super().__init__()
        wide, code = config.hidden, config.code
        self.filled = across % 2
        even = across + self.filled
        line = torch.linspace(-1.0, 1.0, even)
        places = torch.stack([line.expand(even, even), line[:, None].expand(even, even)])
        self.register_buffer("places", places, persistent=False)
        self.code = WindowCode(config, told)
        self.image_in = nn.Conv2d(layers + 2, wide, 3, padding=1)
        self.down = nn.ModuleList(ConvolutionBlock(wide, code) for _ in range(config.blocks))
        self.reduce = nn.Conv2d(wide, 2 * wide, 2, stride=2)
        self.bottom = nn.ModuleList(ConvolutionBlock(2 * wide, code) for _ in range(2 * config.blocks))
        self.enlarge = nn.ConvTranspose2d(2 * wide, wide, 2, stride=2)
        self.up = nn.ModuleList(ConvolutionBlock(wide, code) for _ in range(config.blocks))
        self.image_out = nn.Conv2d(wide, layers, 3, padding=1)
        nn.init.zeros_(self.image_out.weight)
        if self.image_out.bias is not None:
            nn.init.zeros_(self.image_out.bias)
        # The stub of nn.Module.to leaves this form out.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, time: Tensor, state: Tensor, condition: Tensor) -> Tensor:
        """Give the velocities of cells (see `DenseVelocity.forward`)."""
        across = state.shape[-1]
        code = self.code(time, condition)
        whole = pad(state, (0, self.filled, 0, self.filled)) if self.filled else state
        told = torch.cat([whole, self.places.to(state).expand(len(state), -1, -1, -1)], dim=1)
        image = self.image_in(told.contiguous(memory_format=torch.channels_last))
        for block in self.down:
            image = block(image, code)
        small = self.reduce(image)
        for block in self.bottom:
            small = block(small, code)
        image = image + self.enlarge(small)
        for block in self.up:
            image = block(image, code)
        made: Tensor = self.image_out(silu(image))
        return made[:, :, :across, :across].contiguous()


class ConvolutionBlock(nn.Module):
    """Two convolutions, residual; the code sets scale and shift between them.

    Parameters
    ----------
    channels
        Channels.
    code
        Length of the code.
    """

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.inner = nn.Conv2d(channels, channels, 3, padding=1)
        self.modulation = nn.Linear(code, 2 * channels)
        self.outer = nn.Conv2d(channels, channels, 3, padding=1)
        for parameter in self.outer.parameters():  # the identity at first
            nn.init.zeros_(parameter)

    def forward(self, image: Tensor, code: Tensor) -> Tensor:
        """Update images (B, channels, rows, columns) as codes (B, code) say."""
        scale, shift = self.modulation(code)[:, :, None, None].chunk(2, dim=1)
        hidden = self.inner(silu(image)) * (1.0 + scale) + shift
        updated: Tensor = image + self.outer(silu(hidden))
        return updated
