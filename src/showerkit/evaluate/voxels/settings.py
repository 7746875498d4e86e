"""Settings of an evaluation of showers on voxels."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.evaluate.settings import TwoSampleConfig


class VoxelEvaluationConfig(StrictConfig):
    """How showers on voxels are compared.

    Parameters
    ----------
    threshold_mev
        Deposits below this, in MeV, count as 0; None: what the geometry says.
    bootstrap
        Number of bootstrap replicas behind the errors of separation powers.
    seed
        Seed of the bootstrap, the classifiers and the divisions of samples.
    two_samples
        Classifiers, Fréchet and kernel distances, precision and recall, memorisation.

    Examples
    --------
    >>> VoxelEvaluationConfig().bootstrap
    100
    """

    threshold_mev: float | None = Field(default=None, gt=0.0)
    bootstrap: int = Field(default=100, ge=10, le=2000)
    seed: int = Field(default=1, ge=0)
    two_samples: TwoSampleConfig = TwoSampleConfig()
