"""Settings of an evaluation of reconstructed energies."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig


class EnergyEvaluationConfig(StrictConfig):
    """How reconstructed energies are judged.

    Parameters
    ----------
    bins
        Number of equal bins of the true energy over the range of the reference; the same width serves for
        bins of the predicted energy.
    bootstrap
        Number of bootstrap replicas behind every error.
    seed
        Seed of the bootstrap.
    edge_line_bins
        Bins that the straight line is laid through from which the outermost bin may differ by a step.
    tolerated_bias
        Relative bias that counts as none.
    residual_bins
        Bins of the histograms of residuals and pulls.

    Examples
    --------
    >>> EnergyEvaluationConfig(bins=10).bootstrap
    100
    """

    bins: int = Field(default=20, ge=3, le=200)
    bootstrap: int = Field(default=100, ge=10, le=2000)
    seed: int = Field(default=1, ge=0)
    edge_line_bins: int = Field(default=4, ge=2, le=20)
    tolerated_bias: float = Field(default=0.005, ge=0.0, lt=1.0)
    residual_bins: int = Field(default=60, ge=10, le=500)
