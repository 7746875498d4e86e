"""Settings of an evaluation of calibrated jets."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig


class JetEnergyEvaluationConfig(StrictConfig):
    """How calibrated jets are judged.

    Parameters
    ----------
    pt_bins
        Bins of the true pT over the range of the jets.
    pt_spacing
        Whether they are equal in pT (``linear``) or in its logarithm (``log``); None: in the logarithm if the
        range ends above ten times its beginning.
    pt_range_gev
        The range, in GeV; None: that of the jets.
    abs_eta_edges
        Rising edges of the bins of the true |eta|.
    interval_coverage
        Share of jets that an interval is meant to hold, where it is not that of one sigma.
    weighted
        Let jets count by the weights of their events, that is, with the spectrum of nature; or alike.
    bootstrap
        Number of bootstrap replicas behind every error.
    seed
        Seed of the bootstrap.
    tolerated
        Distance of a response from 1 that counts as none.
    histogram_bins
        Bins of the histograms of responses and pulls.

    Examples
    --------
    >>> JetEnergyEvaluationConfig(pt_bins=6).bootstrap
    100
    """

    pt_bins: int = Field(default=12, ge=2, le=200)
    pt_spacing: Literal["linear", "log"] | None = None
    pt_range_gev: tuple[float, float] | None = None
    abs_eta_edges: tuple[float, ...] = Field(default=(0.0, 0.8, 1.3, 2.0, 2.5, 3.2, 4.5), min_length=2)
    interval_coverage: float = Field(default=0.6826894921370859, gt=0.0, lt=1.0)
    weighted: bool = False
    bootstrap: int = Field(default=100, ge=10, le=2000)
    seed: int = Field(default=1, ge=0)
    tolerated: float = Field(default=0.01, ge=0.0, lt=1.0)
    histogram_bins: int = Field(default=50, ge=10, le=500)

    @field_validator("abs_eta_edges")
    @classmethod
    def _rising(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        if edges[0] < 0.0 or not all(one < other for one, other in pairwise(edges)):
            raise ValueError("rising edges, none of them below 0")
        return edges

    @field_validator("pt_range_gev")
    @classmethod
    def _range(cls, ends: tuple[float, float] | None) -> tuple[float, float] | None:
        if ends is not None and not 0.0 < ends[0] < ends[1]:
            raise ValueError("two rising values above 0")
        return ends
