"""Settings of the two ways to make an energy's error independent of the energy (loads no network library)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class PivotConfig(StrictConfig):
    """An adversary that guesses the energy's class from the scaled residual (arXiv:1611.01046).

    Parameters
    ----------
    kind
        Name of this penalty.
    weight
        Lambda, by which the adversary's cross entropy is subtracted from the regression's loss.
    classes
        Number of classes into which the energy range is divided.
    least_energy_gev
        Residuals of lower energies are scaled as those of this one.
    """

    kind: Literal["pivot"] = "pivot"
    weight: float = Field(default=2.5, ge=0.0)
    classes: int = Field(default=20, ge=2)
    least_energy_gev: float = Field(default=0.01, gt=0.0)


class DistanceCorrelationConfig(StrictConfig):
    """Squared distance correlation of the scaled residual and the energy (arXiv:2001.05310).

    Parameters
    ----------
    kind
        Name of this penalty.
    weight
        By which it is added to the regression's loss.
    unbiased
        Take the unbiased form, which small batches do not push up.
    least_energy_gev
        Residuals of lower energies are scaled as those of this one.
    """

    kind: Literal["distance-correlation"] = "distance-correlation"
    weight: float = Field(default=1.0, ge=0.0)
    unbiased: bool = False
    least_energy_gev: float = Field(default=0.01, gt=0.0)
