"""Objectives of jet energy calibration as modules: how many outputs they need, and what these mean.

All work with the ratio of true to uncalibrated pT, in which jets of 30 GeV and of 2 TeV are alike. Dividing
by the uncalibrated pT, which the network is told, changes no conditional mean.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from showerkit.losses.energy_objectives import EnergyEstimate
from showerkit.losses.gaussian_ansatz import GaussianAnsatz
from showerkit.losses.jet_objective import JetObjective, positive_pt, weighted_mean
from showerkit.losses.jet_objective_config import (
    GaussianAnsatzConfig,
    JetGaussianLikelihoodConfig,
    JetObjectiveConfig,
    TruncatedJetLikelihoodConfig,
)
from showerkit.losses.likelihood import gaussian_nll, truncated_gaussian_nll
from showerkit.losses.likelihood_config import MeanSquaredErrorConfig
from showerkit.losses.truncated_gaussian import log_truncated_gaussian


class JetSquaredError(JetObjective):
    """Squared difference of true and calibrated pT, both over the uncalibrated one."""

    def __init__(self) -> None:
        super().__init__(outputs=1)

    def forward(
        self, output: Tensor, pt_gev: Tensor, true_gev: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Mean loss; see `JetObjective.forward`."""
        ratio = true_gev / positive_pt(pt_gev)
        return weighted_mean((ratio - 1.0 - output[:, 0]).square(), weight)

    def estimate(self, output: Tensor, pt_gev: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `JetObjective.estimate`."""
        return EnergyEstimate(positive_pt(pt_gev) * (1.0 + output[:, 0]), None)


class JetGaussianLikelihood(JetObjective):
    """Gaussian with predicted mean and sigma; see `JetGaussianLikelihoodConfig`."""

    def __init__(self, config: JetGaussianLikelihoodConfig, low_gev: float, high_gev: float) -> None:
        super().__init__(outputs=2)
        self.config, self.low_gev, self.high_gev = config, low_gev, high_gev
        # softplus of this is the sigma to begin with.
        self._start = math.log(math.expm1(config.start_relative_sigma))

    def _sigma(self, output: Tensor) -> Tensor:
        return functional.softplus(output[:, 1] + self._start) + self.config.least_relative_sigma

    def forward(
        self, output: Tensor, pt_gev: Tensor, true_gev: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Mean loss; see `JetObjective.forward`."""
        pt, sigma = positive_pt(pt_gev), self._sigma(output)
        ratio, mean = true_gev / pt, 1.0 + output[:, 0]
        if self.config.truncated:
            # The formula is scale free: the ends are divided by the same pT.
            found = -log_truncated_gaussian(ratio, mean, sigma, self.low_gev / pt, self.high_gev / pt)
        else:
            found = gaussian_nll(ratio, mean, sigma)
        return weighted_mean(found, weight)

    def estimate(self, output: Tensor, pt_gev: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `JetObjective.estimate`."""
        pt = positive_pt(pt_gev)
        return EnergyEstimate(pt * (1.0 + output[:, 0]), pt * self._sigma(output))


class TruncatedJetLikelihood(JetObjective):
    r"""Truncated Gaussian with sigma from the true pT; see `TruncatedJetLikelihoodConfig`.

    .. math:: L = \frac{1}{K} \sum_{k=1}^K \left\langle -2 \ln p_{[a, b]}(y; \hat y, \sigma(y))
              \right\rangle_{\mathrm{bin}\,k}, \quad \sigma(y) = c_0 \sqrt y + c_1 y + c_2

    with the mean over the jets of each of K bins of the true pT, which makes the spectrum flat between bins;
    the widths that the training reaches tell sigma anew. Source: S. Schnake, Energy regression with deep
    learning in particle collider physics, 2019.
    """

    terms: Tensor
    bin_weight: Tensor

    def __init__(self, config: TruncatedJetLikelihoodConfig, low_gev: float, high_gev: float) -> None:
        super().__init__(outputs=1, refits=config.refits)
        self.config, self.low_gev, self.high_gev = config, low_gev, high_gev
        self.register_buffer("terms", torch.tensor(config.sigma_terms))
        self.register_buffer("bin_weight", torch.ones(config.bins or 1))

    def bin_of(self, true_gev: Tensor) -> Tensor:
        """Number of the bin that each true pT lies in, shape (B,)."""
        low, high = self.low_gev, self.high_gev
        if self.config.spacing == "log":
            low = max(low, 1.0e-3 * high)
            place = (true_gev.clamp(min=low) / low).log() / math.log(high / low)
        else:
            place = (true_gev - low) / (high - low)
        bins = len(self.bin_weight)
        return (place * bins).long().clamp(0, bins - 1)

    def prepare(self, true_gev: Tensor, weight: Tensor | None = None) -> None:
        """Find how much a jet of each bin has to count for all bins to count alike."""
        if self.config.bins is None:
            return
        share = torch.bincount(
            self.bin_of(true_gev),
            weights=None if weight is None else weight.double(),
            minlength=len(self.bin_weight),
        ).double()
        share /= share.sum()
        filled = share > 0
        self.bin_weight.copy_(torch.where(filled, 1.0 / (filled.sum() * share), 0.0))

    def sigma(self, pt_gev: Tensor) -> Tensor:
        """Sigma in GeV at transverse momenta in GeV, of any shape."""
        pt = positive_pt(pt_gev)
        found = self.terms[0] * pt.sqrt() + self.terms[1] * pt + self.terms[2]
        return torch.maximum(found, self.config.least_relative_sigma * pt)

    def refit(self, true_gev: Tensor, predicted_gev: Tensor, weight: Tensor | None = None) -> None:
        """Fit sigma to the standard deviations of (calibrated - true) pT in bins of the true one."""
        from showerkit.losses.sigma_terms import fit_sigma_terms

        found = fit_sigma_terms(
            true_gev.double().cpu().numpy(),
            predicted_gev.double().cpu().numpy(),
            None if weight is None else weight.double().cpu().numpy(),
            spacing="log" if self.config.spacing == "log" else "number",
        )
        self.terms.copy_(torch.from_numpy(found))

    def forward(
        self, output: Tensor, pt_gev: Tensor, true_gev: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Mean loss; see `JetObjective.forward`."""
        mean = positive_pt(pt_gev) * (1.0 + output[:, 0])
        found = 2.0 * truncated_gaussian_nll(
            true_gev, mean, self.sigma(true_gev), self.low_gev, self.high_gev
        )
        if self.config.bins is None:
            return weighted_mean(found, weight)
        # With the population's weights, small batches need no jets in every bin.
        by_bin = self.bin_weight[self.bin_of(true_gev)]
        return weighted_mean(found * by_bin, weight)

    def estimate(self, output: Tensor, pt_gev: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `JetObjective.estimate`."""
        energy = positive_pt(pt_gev) * (1.0 + output[:, 0])
        return EnergyEstimate(energy, self.sigma(energy))


def build_jet_objective(config: JetObjectiveConfig, low_gev: float, high_gev: float) -> JetObjective:
    """Make the objective that a configuration names.

    Parameters
    ----------
    config
        The configuration.
    low_gev, high_gev
        The range of the true pT in GeV, where truncated likelihoods end.

    Returns
    -------
    JetObjective
        The objective, a module whose parameters are trained beside the network's.

    Examples
    --------
    >>> objective = build_jet_objective(TruncatedJetLikelihoodConfig(), 30.0, 150.0)
    >>> [round(float(value), 2) for value in objective.estimate(torch.zeros(1, 1), torch.tensor([100.0]))]
    [100.0, 9.0]
    """
    if isinstance(config, TruncatedJetLikelihoodConfig):
        return TruncatedJetLikelihood(config, low_gev, high_gev)
    if isinstance(config, JetGaussianLikelihoodConfig):
        return JetGaussianLikelihood(config, low_gev, high_gev)
    if isinstance(config, GaussianAnsatzConfig):
        return GaussianAnsatz(config)
    if isinstance(config, MeanSquaredErrorConfig):
        return JetSquaredError()
    raise TypeError(f"no objective of jet energy calibration: {type(config).__name__}")
