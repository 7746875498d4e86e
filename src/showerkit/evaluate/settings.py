"""Settings of an evaluation."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig


class EvaluationConfig(StrictConfig):
    """How showers are compared.

    Parameters
    ----------
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    energy_bin_mev
        Width of the incident-energy bins of the hit probability, in MeV.
    response_bins
        Number of equal incident-energy bins of response and resolution.
    histogram_bins
        Number of bins of each observable's histogram within the reference's range.
    bootstrap
        Number of bootstrap replicas behind every error.
    event_images
        Number of showers drawn side by side.
    seed
        Seed of the bootstrap.

    Examples
    --------
    >>> EvaluationConfig(threshold_mev=0.5).energy_bin_mev
    100.0
    """

    threshold_mev: float = Field(default=0.1, ge=0.0)
    energy_bin_mev: float = Field(default=100.0, gt=0.0)
    response_bins: int = Field(default=20, ge=1, le=200)
    histogram_bins: int = Field(default=50, ge=5, le=500)
    bootstrap: int = Field(default=100, ge=10, le=2000)
    event_images: int = Field(default=5, ge=1, le=20)
    seed: int = Field(default=1, ge=0)
