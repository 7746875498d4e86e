"""Settings of the transformer for particle clouds (no network library is loaded)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from showerkit.models.velocity_network_config import VelocityNetworkConfig


class CloudTransformerConfig(VelocityNetworkConfig):
    """A transformer without places, in which every particle attends to every other of its cloud.

    Parameters
    ----------
    kind
        Name of this network.
    hidden
        Width for each particle.
    heads
        Attention heads; they share the width.
    blocks
        Blocks of attention and a network for each particle.
    expansion
        Width of the inner layer of that network, in units of `hidden`.
    """

    kind: Literal["cloud-transformer"] = "cloud-transformer"
    hidden: int = Field(default=64, ge=1, le=4096)
    heads: int = Field(default=4, ge=1, le=64)
    blocks: int = Field(default=4, ge=1, le=50)
    expansion: int = Field(default=2, ge=1, le=8)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.hidden % self.heads:
            raise ValueError(f"hidden, {self.hidden}, a multiple of heads, {self.heads}")
        return self
