"""Settings of the objectives of jet energy calibration (read without loading any network library)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.losses.likelihood_config import MeanSquaredErrorConfig


class TruncatedJetLikelihoodConfig(StrictConfig):
    """A Gaussian cut off at the ends of the range of pT, whose sigma is a function of the true pT.

    Parameters
    ----------
    kind
        Name of this objective.
    sigma_terms
        c0 in the root of GeV, c1, and c2 in GeV of sigma = c0 sqrt(pT) + c1 pT + c2, to begin with.
    refits
        How often, at equal distances in the training, sigma is fitted anew to the widths that it has reached.
    bins
        Bins of true pT that count alike, however many jets they hold; None: every jet counts by its weight.
    spacing
        Whether these bins are equal in pT (``linear``) or in its logarithm (``log``); in the latter case so
        are those that sigma is fitted in, else these hold equally many jets.
    least_relative_sigma
        Sigma is never below this times pT.
    """

    kind: Literal["truncated-likelihood"] = "truncated-likelihood"
    sigma_terms: tuple[float, float, float] = (0.9, 0.0, 0.0)
    refits: int = Field(default=2, ge=0, le=100)
    bins: int | None = Field(default=20, ge=2, le=1000)
    spacing: Literal["linear", "log"] = "linear"
    least_relative_sigma: float = Field(default=0.01, gt=0.0, lt=1.0)


class JetGaussianLikelihoodConfig(StrictConfig):
    """A Gaussian whose mean and sigma the network predicts.

    Parameters
    ----------
    kind
        Name of this objective.
    truncated
        Cut the Gaussian off at the ends of the range of pT.
    start_relative_sigma
        Sigma over the uncalibrated pT at which the training begins.
    least_relative_sigma
        Sigma is never below this times the uncalibrated pT.
    """

    kind: Literal["gaussian-likelihood"] = "gaussian-likelihood"
    truncated: bool = True
    start_relative_sigma: float = Field(default=0.15, gt=0.0, lt=1.0)
    least_relative_sigma: float = Field(default=0.005, gt=0.0, lt=1.0)


class GaussianAnsatzConfig(StrictConfig):
    """The likelihood ratio of jet and true pT, whose highest point does not depend on the spectrum.

    Parameters
    ----------
    kind
        Name of this objective.
    bound
        Which lower bound of the mutual information is raised: ``donsker-varadhan``, or ``contrastive``
        (each jet's true pT against those of others), which needs no A(x) and scatters less.
    contrasts
        Number of other jets' true pT that each jet is paired with.
    slope_penalty
        Weight of the mean square of D(x), in units of 1/sigma: it must vanish for B(x) to be the estimate.
    shape_terms
        Number of functions of (z - B)/sigma by which C(x, z) differs from C(x, B); 0: it does not.
    start_relative_sigma
        Sigma over pT at which the training begins.
    """

    kind: Literal["gaussian-ansatz"] = "gaussian-ansatz"
    bound: Literal["donsker-varadhan", "contrastive"] = "donsker-varadhan"
    contrasts: int = Field(default=64, ge=1, le=4096)
    slope_penalty: float = Field(default=1.0, ge=0.0)
    shape_terms: int = Field(default=4, ge=0, le=64)
    start_relative_sigma: float = Field(default=0.15, gt=0.0, lt=1.0)


#: Any objective of jet energy calibration, chosen by its ``kind``.
JetObjectiveConfig: TypeAlias = Annotated[
    MeanSquaredErrorConfig
    | TruncatedJetLikelihoodConfig
    | JetGaussianLikelihoodConfig
    | GaussianAnsatzConfig,
    Field(discriminator="kind"),
]
