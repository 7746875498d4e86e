"""Settings of the Deep Sets network on hits (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.models.energy_config import EnergyModelConfig


class DeepSetsHitsConfig(EnergyModelConfig):
    """A network that sees a shower as a set of hits.

    Parameters
    ----------
    kind
        Name of this network.
    hit_threshold
        A cell is a hit where any of its inputs, before scaling, is above this.
    layer_code
        Numbers that the network learns for each layer of the calorimeter and sees with its hits.
    hidden
        Width of the hidden layers.
    hit_layers, set_layers
        Number of hidden layers of the network for each hit, and of the one behind the sum.
    """

    kind: Literal["deep-sets-hits"] = "deep-sets-hits"
    hit_threshold: float = Field(default=0.0, ge=0.0)
    layer_code: int = Field(default=4, ge=1, le=64)
    hidden: int = Field(default=64, ge=1, le=4096)
    hit_layers: int = Field(default=2, ge=1, le=10)
    set_layers: int = Field(default=2, ge=1, le=10)
