"""Velocities of windows of cells by attention among patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import pad, scaled_dot_product_attention

from showerkit.models.window_velocity import WindowCode

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.window_velocity_config import PatchVelocityConfig


class PatchVelocity(nn.Module):
    """A transformer whose tokens are square patches of the window, all layers of a patch together.

    Tokens know their place by a learnt vector. Blocks normalise before they act, and the code of time and
    condition sets shift, scale and gate of each, zero at first (W. Peebles and S. Xie, arXiv:2212.09748).

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
    >>> from showerkit.models.window_velocity_config import PatchVelocityConfig
    >>> network = PatchVelocity(PatchVelocityConfig(hidden=8, heads=2), layers=2, across=5, told=7)
    >>> network(torch.rand(4), torch.randn(4, 2, 5, 5), torch.randn(4, 7)).shape
    torch.Size([4, 2, 5, 5])
    """

    def __init__(self, config: PatchVelocityConfig, *, layers: int, across: int, told: int) -> None:
        super().__init__()
        self.patch = config.patch
        self.filled = -across % config.patch
        self.rows = (across + self.filled) // config.patch
        numbers = layers * config.patch**2
        self.code = WindowCode(config, told)
        self.token_in = nn.Linear(numbers, config.hidden)
        self.place = nn.Parameter(0.02 * torch.randn(self.rows**2, config.hidden))
        self.code_in = nn.Linear(config.code, config.hidden)
        self.blocks = nn.ModuleList(PatchBlock(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.hidden)
        self.token_out = nn.Linear(config.hidden, numbers)
        nn.init.zeros_(self.token_out.weight)
        nn.init.zeros_(self.token_out.bias)

    def forward(self, time: Tensor, state: Tensor, condition: Tensor) -> Tensor:
        """Give the velocities of cells (see `DenseVelocity.forward`)."""
        batch, layers, across, _ = state.shape
        rows, patch = self.rows, self.patch
        whole = pad(state, (0, self.filled, 0, self.filled)) if self.filled else state
        tokens = whole.view(batch, layers, rows, patch, rows, patch).permute(0, 2, 4, 1, 3, 5)
        code = self.code(time, condition)
        hidden = self.token_in(tokens.reshape(batch, rows**2, -1)) + self.place
        hidden = hidden + self.code_in(code)[:, None, :]
        for block in self.blocks:
            hidden = block(hidden, code)
        made: Tensor = self.token_out(self.norm(hidden)).view(batch, rows, rows, layers, patch, patch)
        image = made.permute(0, 3, 1, 4, 2, 5).reshape(batch, layers, rows * patch, rows * patch)
        return image[:, :, :across, :across].contiguous()


class PatchBlock(nn.Module):
    """Attention among patches, then a network for each, both residual and modulated by the code.

    Parameters
    ----------
    config
        Its sizes.
    """

    def __init__(self, config: PatchVelocityConfig) -> None:
        super().__init__()
        hidden, wide = config.hidden, config.expansion * config.hidden
        self._heads = config.heads
        self.attention_norm = nn.LayerNorm(hidden, elementwise_affine=False)
        self.attention_in = nn.Linear(hidden, 3 * hidden)
        self.attention_out = nn.Linear(hidden, hidden)
        self.network_norm = nn.LayerNorm(hidden, elementwise_affine=False)
        self.network = nn.Sequential(nn.Linear(hidden, wide), nn.SiLU(), nn.Linear(wide, hidden))
        self.modulation = nn.Linear(config.code, 6 * hidden)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, tokens: Tensor, code: Tensor) -> Tensor:
        """Update tokens (B, patches, hidden) as codes (B, code) say."""
        shift, scale, gate, shift_2, scale_2, gate_2 = self.modulation(code)[:, None, :].chunk(6, dim=2)
        seen = self.attention_norm(tokens) * (1.0 + scale) + shift
        tokens = tokens + gate * self.attention_out(self._attend(seen))
        seen = self.network_norm(tokens) * (1.0 + scale_2) + shift_2
        updated: Tensor = tokens + gate_2 * self.network(seen)
        return updated

    def _attend(self, seen: Tensor) -> Tensor:
        batch, places, hidden = seen.shape
        parts = self.attention_in(seen).view(batch, places, 3, self._heads, hidden // self._heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = scaled_dot_product_attention(query, key, value)
        return attended.transpose(1, 2).reshape(batch, places, hidden)
