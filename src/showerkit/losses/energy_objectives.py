"""Objectives of energy regression as modules: how many outputs they need, their loss, and what they mean."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from showerkit.losses.likelihood import (
    gaussian_mixture_nll,
    gaussian_nll,
    pinball_loss,
    root_energy_loss,
    root_energy_sigma,
    truncated_gaussian_nll,
)
from showerkit.losses.likelihood_config import (
    EnergyObjectiveConfig,
    GaussianLikelihoodConfig,
    GaussianMixtureLikelihoodConfig,
    MeanSquaredErrorConfig,
    QuantilesConfig,
    RootEnergyLikelihoodConfig,
)


class EnergyEstimate(NamedTuple):
    """What the outputs of a network say.

    Parameters
    ----------
    energy_gev
        Predicted energy in GeV, shape (B,).
    sigma_gev
        Its standard error in GeV, shape (B,); None if the objective knows of none.
    """

    energy_gev: Tensor
    sigma_gev: Tensor | None


class EnergyObjective(nn.Module):
    """An objective of energy regression; its first output is (about) the energy in GeV.

    A network trained with one objective can thus be continued with another by keeping its first output.

    Parameters
    ----------
    outputs
        Number of outputs that the network needs.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss, a scalar, of outputs (B, outputs) and true energies (B,) in GeV."""
        raise NotImplementedError

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Read energy and sigma from outputs (B, outputs)."""
        raise NotImplementedError


class MeanSquaredError(EnergyObjective):
    """Squared difference; see `MeanSquaredErrorConfig`."""

    def __init__(self) -> None:
        super().__init__(outputs=1)

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss; see `EnergyObjective.forward`."""
        return functional.mse_loss(output[:, 0], true_gev)

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `EnergyObjective.estimate`."""
        return EnergyEstimate(output[:, 0], None)


class RootEnergyLikelihood(EnergyObjective):
    """Truncated Gaussian with sigma = k sqrt(true energy); see `RootEnergyLikelihoodConfig`."""

    def __init__(self, config: RootEnergyLikelihoodConfig, low_gev: float, high_gev: float) -> None:
        super().__init__(outputs=1)
        self.config, self.low_gev, self.high_gev = config, low_gev, high_gev
        # Its logarithm is learnt, so that k stays above 0.
        self.log_k = nn.Parameter(torch.tensor(math.log(config.k_sqrt_gev)), requires_grad=config.learn_k)

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss; see `EnergyObjective.forward`."""
        return root_energy_loss(
            true_gev,
            output[:, 0],
            self.log_k.exp(),
            self.low_gev,
            self.high_gev,
            least_sigma=self.config.least_sigma_gev,
        ).mean()

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `EnergyObjective.estimate`."""
        energy = output[:, 0]
        return EnergyEstimate(
            energy, root_energy_sigma(energy, self.log_k.exp(), self.config.least_sigma_gev)
        )


class GaussianLikelihood(EnergyObjective):
    """Gaussian with predicted mean and sigma; see `GaussianLikelihoodConfig`."""

    def __init__(self, config: GaussianLikelihoodConfig, low_gev: float, high_gev: float) -> None:
        super().__init__(outputs=2)
        self.config, self.low_gev, self.high_gev = config, low_gev, high_gev

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss; see `EnergyObjective.forward`."""
        mean, sigma = output[:, 0], functional.softplus(output[:, 1]) + self.config.least_sigma_gev
        if self.config.truncated:
            return truncated_gaussian_nll(true_gev, mean, sigma, self.low_gev, self.high_gev).mean()
        return gaussian_nll(true_gev, mean, sigma).mean()

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `EnergyObjective.estimate`."""
        return EnergyEstimate(output[:, 0], functional.softplus(output[:, 1]) + self.config.least_sigma_gev)


class GaussianMixtureLikelihood(EnergyObjective):
    """Sum of Gaussians, estimated by its mean and spread; see `GaussianMixtureLikelihoodConfig`.

    The outputs are an energy, then for each Gaussian the logit of its share, its mean minus that energy,
    and its sigma before softplus.
    """

    def __init__(self, config: GaussianMixtureLikelihoodConfig) -> None:
        super().__init__(outputs=1 + 3 * config.components)
        self.config = config

    def _parts(self, output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logit, shift, raw = output[:, 1:].chunk(3, dim=1)
        return logit, output[:, :1] + shift, functional.softplus(raw) + self.config.least_sigma_gev

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss; see `EnergyObjective.forward`."""
        return gaussian_mixture_nll(true_gev, *self._parts(output)).mean()

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `EnergyObjective.estimate`."""
        logit, mean, sigma = self._parts(output)
        share = functional.softmax(logit, dim=1)
        energy = (share * mean).sum(dim=1)
        variance = (share * (sigma.square() + (mean - energy[:, None]).square())).sum(dim=1)
        return EnergyEstimate(energy, variance.sqrt())


class Quantiles(EnergyObjective):
    """Quantiles by the pinball loss; see `QuantilesConfig`.

    The outputs are the median, then the other levels' distances from it. Sigma is that of the Gaussian with
    the same distance between the outermost levels.
    """

    levels: Tensor

    def __init__(self, config: QuantilesConfig) -> None:
        super().__init__(outputs=len(config.levels))
        self.config = config
        self.register_buffer("levels", torch.tensor(config.levels), persistent=False)
        self._median = config.levels.index(0.5)
        ends = torch.tensor([config.levels[0], config.levels[-1]], dtype=torch.float64)
        self._gaussian_distance = float(torch.special.ndtri(ends).diff())

    def quantiles(self, output: Tensor) -> Tensor:
        """Quantiles in GeV at the levels of the configuration, shape (B, levels), as yet unordered."""
        median, rest = output[:, :1], output[:, 1:]
        below, above = rest[:, : self._median], rest[:, self._median :]
        return torch.cat([median + below, median, median + above], dim=1)

    def forward(self, output: Tensor, true_gev: Tensor) -> Tensor:
        """Mean loss; see `EnergyObjective.forward`."""
        return pinball_loss(true_gev, self.quantiles(output), self.levels).mean()

    def estimate(self, output: Tensor) -> EnergyEstimate:
        """Energy and sigma; see `EnergyObjective.estimate`."""
        # Sorting quantiles that cross only improves them (Chernozhukov et al., Econometrica 78 (2010) 1093).
        ordered = self.quantiles(output).sort(dim=1).values
        spread = (ordered[:, -1] - ordered[:, 0]) / self._gaussian_distance
        return EnergyEstimate(ordered[:, self._median], spread)


def build_energy_objective(config: EnergyObjectiveConfig, low_gev: float, high_gev: float) -> EnergyObjective:
    """Make the objective that a configuration names.

    Parameters
    ----------
    config
        The configuration.
    low_gev, high_gev
        The range of the true energies in GeV, where truncated likelihoods end.

    Returns
    -------
    EnergyObjective
        The objective, a module whose parameters (a learnt k) are trained beside the network's.

    Examples
    --------
    >>> objective = build_energy_objective(RootEnergyLikelihoodConfig(k_sqrt_gev=0.5), 0.0, 10.0)
    >>> objective.estimate(torch.tensor([[4.0]])).sigma_gev.tolist()
    [1.0]
    """
    if isinstance(config, RootEnergyLikelihoodConfig):
        return RootEnergyLikelihood(config, low_gev, high_gev)
    if isinstance(config, GaussianLikelihoodConfig):
        return GaussianLikelihood(config, low_gev, high_gev)
    if isinstance(config, GaussianMixtureLikelihoodConfig):
        return GaussianMixtureLikelihood(config)
    if isinstance(config, QuantilesConfig):
        return Quantiles(config)
    if isinstance(config, MeanSquaredErrorConfig):
        return MeanSquaredError()
    raise TypeError(f"no objective of energy regression: {type(config).__name__}")
