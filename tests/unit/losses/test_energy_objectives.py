"""Every objective finds the truth it is meant to find, from its configuration on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import BaseModel

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.losses.energy_objectives import build_energy_objective
from showerkit.losses.likelihood_config import (
    EnergyObjectiveConfig,
    GaussianLikelihoodConfig,
    GaussianMixtureLikelihoodConfig,
    MeanSquaredErrorConfig,
    QuantilesConfig,
    RootEnergyLikelihoodConfig,
)

N = 20_000
CONFIGS = [
    MeanSquaredErrorConfig(),
    RootEnergyLikelihoodConfig(),
    RootEnergyLikelihoodConfig(learn_k=True),
    GaussianLikelihoodConfig(),
    GaussianLikelihoodConfig(truncated=False),
    GaussianMixtureLikelihoodConfig(components=2),
    QuantilesConfig(),
    QuantilesConfig(levels=(0.025, 0.16, 0.5, 0.975)),
]


def best_constant(objective, true):
    """The outputs, one for all events, that an objective likes best."""
    torch.manual_seed(1)
    output = (0.1 * torch.randn(1, objective.outputs, dtype=torch.float64) + 4.0).requires_grad_()
    if objective.outputs > 1:
        output = torch.cat([output[:, :1].detach(), output[:, 1:].detach() - 4.0], dim=1).requires_grad_()
    learnt = [output, *(p for p in objective.parameters() if p.requires_grad)]
    optimiser = torch.optim.LBFGS(learnt, max_iter=300, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = objective(output.expand(len(true), -1), true)
        loss.backward()
        return loss

    optimiser.step(closure)
    return output.detach()


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
def test_energy_and_sigma_are_found(config):
    """All events have one law, far from the ends: Gaussian with mean 5 and sigma 0.7."""
    true = torch.from_numpy(np.random.default_rng(1).normal(5.0, 0.7, size=N))
    objective = build_energy_objective(config, 0.0, 10.0).double()
    energy, sigma = objective.estimate(best_constant(objective, true).expand(3, -1))
    assert energy.shape == (3,)
    # Five standard errors of the median, the least precise; with sigma ~ sqrt(y) the harmonic mean is found.
    error = 5 * math.sqrt(math.pi / 2) * 0.7 / math.sqrt(N)
    expected = float(1 / (1 / true).mean()) if isinstance(config, RootEnergyLikelihoodConfig) else 5.0
    assert float(energy[0]) == pytest.approx(expected, abs=error)
    if isinstance(config, MeanSquaredErrorConfig):
        assert sigma is None
    elif isinstance(config, RootEnergyLikelihoodConfig) and not config.learn_k:
        assert float(sigma[0]) == pytest.approx(0.31 * math.sqrt(float(energy[0])))
    elif isinstance(config, RootEnergyLikelihoodConfig):
        k2 = float(((true - energy[0]).square() / true).mean())
        assert float(objective.log_k.detach().exp()) == pytest.approx(math.sqrt(k2), rel=1e-3)
    else:
        # The variance of a quantile is p (1 - p) / (N density^2): 2.6 / sqrt(N) at 2.5 %, in sigma.
        assert float(sigma[0]) == pytest.approx(0.7, rel=5 * 1.5 / math.sqrt(N) + 1e-3)


def test_truncation_finds_the_mean_before_the_cut():
    values = np.random.default_rng(1).normal(9.5, 1.0, size=2 * N)
    true = torch.from_numpy(values[values < 10.0])
    cut = build_energy_objective(GaussianLikelihoodConfig(), 0.0, 10.0).double()
    energy, sigma = cut.estimate(best_constant(cut, true))
    uncut = build_energy_objective(GaussianLikelihoodConfig(truncated=False), 0.0, 10.0).double()
    # The two parameters are strongly correlated: errors from the information matrix of the cut-off law.
    average, spread = float(true.mean()), float(true.std())
    first, second = true - 9.5, 0.5 * (true - 9.5).square()
    covariance = np.linalg.inv(np.cov(np.stack([first, second]))) / len(true)
    # In the natural parameters mean / sigma^2 and -1 / sigma^2, at mean 0 and sigma 1.
    assert abs(float(energy) - 9.5) < 5 * math.sqrt(covariance[0, 0])
    assert abs(float(sigma) - 1.0) < 5 * 0.5 * math.sqrt(covariance[1, 1])
    without = uncut.estimate(best_constant(uncut, true))
    assert float(without.energy_gev) == pytest.approx(average, abs=1e-4)
    assert float(without.sigma_gev) == pytest.approx(spread, abs=1e-3)


def test_quantiles_that_cross_are_sorted():
    objective = build_energy_objective(QuantilesConfig(), 0.0, 10.0)
    energy, sigma = objective.estimate(torch.tensor([[5.0, 1.0, -1.0]]))
    assert float(energy) == 5.0
    assert float(sigma) == pytest.approx(1.0 / 0.994458, rel=1e-5)


def test_k_is_learnt_only_if_asked():
    for learn in (False, True):
        objective = build_energy_objective(RootEnergyLikelihoodConfig(learn_k=learn), 0.0, 10.0)
        assert [p.requires_grad for p in objective.parameters()] == [learn]


@pytest.mark.parametrize(
    "levels", [(0.5,), (0.16, 0.84), (0.16, 0.5), (0.84, 0.5, 0.16), (0.0, 0.5, 1.0), (0.5, 0.5, 0.7)]
)
def test_levels_that_do_not_fit(levels):
    with pytest.raises(ConfigurationError, match="rising levels"):
        parse_config(QuantilesConfig, {"levels": levels}, source="recipe")


def test_objectives_are_chosen_by_kind():
    class Section(BaseModel):
        loss: EnergyObjectiveConfig

    for config in CONFIGS:
        assert Section.model_validate({"loss": config.model_dump()}).loss == config
