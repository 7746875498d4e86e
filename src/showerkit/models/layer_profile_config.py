"""Settings of the network on layer sums and moments (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.models.energy_config import EnergyModelConfig


class LayerProfileConfig(EnergyModelConfig):
    """A small network on layer sums, hits and moments.

    Parameters
    ----------
    kind
        Name of this network.
    hit_threshold
        A cell counts as hit where an input, before scaling, is above this.
    hidden, hidden_layers
        Width and number of the hidden layers.
    """

    kind: Literal["layer-profile"] = "layer-profile"
    hit_threshold: float = Field(default=0.0, ge=0.0)
    hidden: int = Field(default=128, ge=1, le=4096)
    hidden_layers: int = Field(default=3, ge=1, le=10)
