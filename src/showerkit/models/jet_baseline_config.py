"""Settings of the calibrations of jets that need no network."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig


class NumericalInversionConfig(StrictConfig):
    """The standard jet energy scale.

    Parameters
    ----------
    kind
        Name of this calibration.
    abs_eta_edges
        Rising edges of the bins of |eta|, the first 0; jets beyond the last are treated as in the last bin.
    pt_bins
        Bins of the true pT in each of them.
    spacing
        Whether these bins hold equally many jets (``number``) or are equal in the logarithm of pT (``log``),
        as a wide range wants it; there one with too few jets joins the next.
    statistic
        What stands for the pT that jets of a bin have: their ``mean`` response, or the ``median``, for which
        the inversion closes exactly.
    area
        Area in (eta, phi) of a jet, 0.5 for R = 0.4: so many times the density rho of the event is subtracted
        before; 0 subtracts nothing.
    """

    kind: Literal["numerical-inversion"] = "numerical-inversion"
    abs_eta_edges: tuple[float, ...] = Field(default=(0.0, 0.8, 1.3, 2.0, 2.5, 3.2, 4.5), min_length=2)
    pt_bins: int = Field(default=20, ge=2, le=200)
    spacing: Literal["number", "log"] = "number"
    statistic: Literal["mean", "median"] = "mean"
    area: float = Field(default=0.0, ge=0.0, le=10.0)

    @field_validator("abs_eta_edges")
    @classmethod
    def _rising_from_zero(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if edges[0] != 0.0 or not all(one < other for one, other in pairwise(edges)):
            raise ValueError("rising edges of which the first is 0")
        return edges


class JetBoostedTreesConfig(StrictConfig):
    """Trees on variables of the jet, behind the standard jet energy scale.

    Parameters
    ----------
    kind
        Name of this calibration.
    inversion
        The scale that the trees start from.
    trees, learning_rate, leaves, leaf_events
        See `showerkit.models.energy_baseline_config.BoostedTreesConfig`.
    max_events
        At most this many jets are learned from.
    """

    kind: Literal["jet-boosted-trees"] = "jet-boosted-trees"
    inversion: NumericalInversionConfig = NumericalInversionConfig()
    trees: int = Field(default=300, ge=1, le=10_000)
    learning_rate: float = Field(default=0.05, gt=0.0, le=1.0)
    leaves: int = Field(default=31, ge=2, le=1000)
    leaf_events: int = Field(default=50, ge=1)
    max_events: int = Field(default=500_000, ge=2)


#: A calibration without a network, chosen by its ``kind``.
AnyJetBaselineConfig: TypeAlias = Annotated[
    NumericalInversionConfig | JetBoostedTreesConfig, Field(discriminator="kind")
]
