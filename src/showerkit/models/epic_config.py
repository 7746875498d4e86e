"""Settings of the EPiC network (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.models.velocity_network_config import VelocityNetworkConfig


class EpicConfig(VelocityNetworkConfig):
    """A stack of equivariant layers in which particles speak through a few global numbers.

    Parameters
    ----------
    kind
        Name of this network.
    hidden
        Width for each particle.
    global_features
        Numbers that describe the cloud as a whole.
    layers
        Equivariant layers.
    weight_norm
        Learn direction and length of the weights apart.
    """

    kind: Literal["epic"] = "epic"
    hidden: int = Field(default=80, ge=1, le=4096)
    global_features: int = Field(default=10, ge=1, le=1024)
    layers: int = Field(default=6, ge=1, le=50)
    weight_norm: bool = True
