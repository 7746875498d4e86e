"""Settings of a flow that draws the shape of a jet before its particles (no network library is loaded)."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from showerkit.configuration import StrictConfig

#: The numbers that `showerkit.models.jet_shape.jet_shape` gives, in their order.
JET_SHAPE: Final = ("log_pt", "log_mass", "log_girth", "log_dispersion", "log_e2", "log_e3")


class ShapeFlowConfig(StrictConfig):
    """Draw a jet's transverse momentum, mass and width first, and its particles with them.

    Parameters
    ----------
    transforms
        Number of spline transforms, one after another.
    hidden, layers
        Width and number of the hidden layers of each.
    bins
        Bins of the splines.
    """

    transforms: int = Field(default=6, ge=1, le=64)
    hidden: int = Field(default=64, ge=1, le=4096)
    layers: int = Field(default=2, ge=1, le=8)
    bins: int = Field(default=8, ge=2, le=128)
