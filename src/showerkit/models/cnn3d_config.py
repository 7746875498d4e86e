"""Settings of the 3-D convolutional network of the toy calorimeter (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from showerkit.models.energy_config import EnergyModelConfig


class CNN3DConfig(EnergyModelConfig):
    """The 3-D convolutional network, whose layers are fixed.

    Parameters
    ----------
    kind
        Name of this network.
    """

    kind: Literal["cnn3d"] = "cnn3d"
