"""What the flow for the total energy is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class TotalEnergyFlowConfig(StrictConfig):
    """Settings of a `showerkit.models.total_energy_flow.TotalEnergyFlow`.

    Parameters
    ----------
    n_inputs
        Inputs that describe the incident particle, beside the logarithm of its energy.
    variable
        What the density is of, r being total energy / incident energy: ``logit``, ln(r / (1 - r)), or
        ``log``, ln r, where showers may hold more than the incident energy.
    hidden, layers
        Width and number of the hidden layers.
    bins
        Bins of the spline.
    """

    n_inputs: int = Field(ge=1, le=64)
    variable: Literal["logit", "log"] = "logit"
    hidden: int = Field(default=64, ge=1, le=1024)
    layers: int = Field(default=2, ge=1, le=8)
    bins: int = Field(default=12, ge=2, le=128)
