"""Settings of the small 3-D residual network (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from showerkit.models.energy_config import EnergyModelConfig


class Residual3DConfig(EnergyModelConfig):
    """A residual network of 3-D convolutions with sums over the whole calorimeter at its end.

    Parameters
    ----------
    kind
        Name of this network.
    channels
        Channels of each stage; from stage to stage the grid becomes half as fine.
    blocks
        Residual blocks of each stage.
    hidden
        Width of the hidden layer behind the sums.
    """

    kind: Literal["residual3d"] = "residual3d"
    channels: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field(
        default=(8, 16, 32), min_length=1, max_length=6
    )
    blocks: int = Field(default=1, ge=1, le=10)
    hidden: int = Field(default=64, ge=1, le=4096)
