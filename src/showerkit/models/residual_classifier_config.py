"""Settings of the pivot's adversary (read without loading any network library)."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig


class ResidualClassifierConfig(StrictConfig):
    """Size of the network that names the class of an energy from its scaled residual.

    Parameters
    ----------
    hidden_width, hidden_layers
        Width and number of the hidden layers.
    """

    hidden_width: int = Field(default=64, ge=1)
    hidden_layers: int = Field(default=3, ge=1)
