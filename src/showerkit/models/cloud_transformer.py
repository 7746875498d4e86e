"""A transformer for particle clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from showerkit.models.cloud_code import CloudCode

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.cloud_transformer_config import CloudTransformerConfig


class CloudTransformer(nn.Module):
    """A velocity for each particle of a cloud by attention among its particles.

    Particles have no places, so that any permutation of them permutes the velocities alike; attention passes
    over masked particles. Blocks normalise before they act (R. Xiong et al., arXiv:2002.04745), and the code
    of time and condition sets shift, scale and gate of each, zero at first (W. Peebles and S. Xie,
    arXiv:2212.09748).

    Parameters
    ----------
    config
        Its inputs and sizes.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.cloud_transformer_config import CloudTransformerConfig
    >>> network = CloudTransformer(CloudTransformerConfig(hidden=16, blocks=2))
    >>> particles, mask = torch.randn(4, 30, 3), torch.ones(4, 30, dtype=torch.bool)
    >>> network(torch.rand(4), particles, mask).shape
    torch.Size([4, 30, 3])
    """

    def __init__(self, config: CloudTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.code = CloudCode(config)
        self.particle_in = nn.Linear(config.features, config.hidden)
        self.code_in = nn.Linear(config.code, config.hidden)
        self.blocks = nn.ModuleList(AttentionBlock(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.hidden)
        self.velocity = nn.Linear(config.hidden, config.features)
        # Nothing at first.
        nn.init.zeros_(self.velocity.weight)
        nn.init.zeros_(self.velocity.bias)

    def forward(
        self, time: Tensor, particles: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Give the velocities of particles (see `EpicNetwork.forward`)."""
        padded = ~mask[:, :, None]
        # A cloud without particles may attend to anything: its velocities are masked below.
        seen = (mask | ~mask.any(dim=1, keepdim=True))[:, None, None, :]
        code = self.code(time, mask, condition)
        local = self.particle_in(particles.masked_fill(padded, 0.0)) + self.code_in(code)[:, None, :]
        for block in self.blocks:
            local = block(local, code, seen)
        velocity: Tensor = self.velocity(self.norm(local))
        return velocity.masked_fill(padded, 0.0)


class AttentionBlock(nn.Module):
    """Attention among particles, then a network for each, both residual and modulated by the code.

    Parameters
    ----------
    config
        Its sizes.
    """

    def __init__(self, config: CloudTransformerConfig) -> None:
        super().__init__()
        hidden = config.hidden
        self._heads = config.heads
        self.attention_norm = nn.LayerNorm(hidden, elementwise_affine=False)
        self.attention_in = nn.Linear(hidden, 3 * hidden)
        self.attention_out = nn.Linear(hidden, hidden)
        self.network_norm = nn.LayerNorm(hidden, elementwise_affine=False)
        self.network = nn.Sequential(
            nn.Linear(hidden, config.expansion * hidden),
            nn.GELU(approximate="tanh"),
            nn.Linear(config.expansion * hidden, hidden),
        )
        self.modulation = nn.Linear(config.code, 6 * hidden)
        # The block is the identity at first.
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, local: Tensor, code: Tensor, seen: Tensor) -> Tensor:
        """Update the particles.

        Parameters
        ----------
        local
            Features of particles, shape (B, P, hidden).
        code
            Time and condition, shape (B, code).
        seen
            True where a particle may be attended to, shape (B, 1, 1, P).

        Returns
        -------
        torch.Tensor
            New features, shape (B, P, hidden).
        """
        shift, scale, gate, shift_2, scale_2, gate_2 = self.modulation(code)[:, None, :].chunk(6, dim=2)
        tokens = self.attention_norm(local) * (1.0 + scale) + shift
        local = local + gate * self.attention_out(self._attend(tokens, seen))
        tokens = self.network_norm(local) * (1.0 + scale_2) + shift_2
        updated: Tensor = local + gate_2 * self.network(tokens)
        return updated

    def _attend(self, tokens: Tensor, seen: Tensor) -> Tensor:
        clouds, particles, hidden = tokens.shape
        parts = self.attention_in(tokens).view(clouds, particles, 3, self._heads, hidden // self._heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        attended = scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return attended.transpose(1, 2).reshape(clouds, particles, hidden)
