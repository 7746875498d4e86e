"""Settings of the objectives of energy regression (read without loading any network library)."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig


class MeanSquaredErrorConfig(StrictConfig):
    """Squared difference of predicted and true energy: a Gaussian of one sigma for all energies.

    Parameters
    ----------
    kind
        Name of this objective.
    """

    kind: Literal["mean-squared-error"] = "mean-squared-error"


class RootEnergyLikelihoodConfig(StrictConfig):
    """A Gaussian cut off at the ends of the energy range, with sigma = k sqrt(true energy).

    Parameters
    ----------
    kind
        Name of this objective.
    k_sqrt_gev
        k in sqrt(GeV); 0.31 and 0.32 are both found in the literature on the toy calorimeter.
    learn_k
        Learn k together with the network, from `k_sqrt_gev` on.
    least_sigma_gev
        Sigma is never below this, since an energy of 0 has a sigma of 0.
    """

    kind: Literal["root-energy-likelihood"] = "root-energy-likelihood"
    k_sqrt_gev: float = Field(default=0.31, gt=0.0)
    learn_k: bool = False
    least_sigma_gev: float = Field(default=0.01, gt=0.0)


class GaussianLikelihoodConfig(StrictConfig):
    """A Gaussian whose mean and sigma the network predicts.

    Parameters
    ----------
    kind
        Name of this objective.
    truncated
        Cut the Gaussian off at the ends of the energy range.
    least_sigma_gev
        Sigma is never below this, in GeV.
    """

    kind: Literal["gaussian-likelihood"] = "gaussian-likelihood"
    truncated: bool = True
    least_sigma_gev: float = Field(default=0.01, gt=0.0)


class GaussianMixtureLikelihoodConfig(StrictConfig):
    """A sum of Gaussians whose shares, means and sigmas the network predicts.

    Parameters
    ----------
    kind
        Name of this objective.
    components
        Number of Gaussians.
    least_sigma_gev
        No sigma is below this, in GeV: a Gaussian about a single energy would have a boundless likelihood.
    """

    kind: Literal["gaussian-mixture-likelihood"] = "gaussian-mixture-likelihood"
    components: int = Field(default=3, ge=2)
    least_sigma_gev: float = Field(default=0.01, gt=0.0)


class QuantilesConfig(StrictConfig):
    """Quantiles of the energy.

    Parameters
    ----------
    kind
        Name of this objective.
    levels
        Rising levels in (0, 1), 0.5 among them and others on both sides of it.
    """

    kind: Literal["quantiles"] = "quantiles"
    levels: tuple[float, ...] = (0.16, 0.5, 0.84)

    @field_validator("levels")
    @classmethod
    def _levels_about_the_median(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(one < other for one, other in pairwise(levels))
        if not (rising and 0.5 in levels and 0.0 < levels[0] < 0.5 < levels[-1] < 1.0):
            raise ValueError("rising levels between 0 and 1 with 0.5 among them and others on both sides")
        return levels


#: Any objective of energy regression, chosen by its ``kind``.
EnergyObjectiveConfig: TypeAlias = Annotated[
    MeanSquaredErrorConfig
    | RootEnergyLikelihoodConfig
    | GaussianLikelihoodConfig
    | GaussianMixtureLikelihoodConfig
    | QuantilesConfig,
    Field(discriminator="kind"),
]
