"""Objectives of jet calibration: what they mean, and what can be derived of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import BaseModel

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.losses.jet_objective_config import (
    GaussianAnsatzConfig,
    JetGaussianLikelihoodConfig,
    JetObjectiveConfig,
    TruncatedJetLikelihoodConfig,
)
from showerkit.losses.jet_objectives import build_jet_objective
from showerkit.losses.likelihood import gaussian_nll
from showerkit.losses.likelihood_config import MeanSquaredErrorConfig
from showerkit.losses.sigma_terms import fit_sigma_terms
from showerkit.losses.truncated_gaussian import log_truncated_gaussian

LOW, HIGH = 30.0, 150.0
CONFIGS = [
    MeanSquaredErrorConfig(),
    TruncatedJetLikelihoodConfig(),
    TruncatedJetLikelihoodConfig(bins=None),
    JetGaussianLikelihoodConfig(),
    JetGaussianLikelihoodConfig(truncated=False),
    GaussianAnsatzConfig(),
    GaussianAnsatzConfig(bound="contrastive", shape_terms=0),
]
every_objective = pytest.mark.parametrize("config", CONFIGS, ids=repr)


def build(config):
    torch.manual_seed(1)
    return build_jet_objective(config, LOW, HIGH).double()


def batch(n=200, seed=1):
    random = torch.Generator().manual_seed(seed)
    true = LOW + (HIGH - LOW) * torch.rand(n, generator=random, dtype=torch.float64)
    pt = true * (1.0 + 0.1 * torch.randn(n, generator=random, dtype=torch.float64))
    return pt, true, random


def outputs(objective, n, random):
    return 0.2 * torch.randn((n, objective.outputs), generator=random, dtype=torch.float64)


@every_objective
def test_outputs_of_zero_leave_the_jets_as_they_are(config):
    objective, (pt, _, _) = build(config), batch()
    energy, sigma = objective.estimate(torch.zeros(len(pt), objective.outputs, dtype=torch.float64), pt)
    torch.testing.assert_close(energy, pt)
    assert sigma is None or (sigma > 0).all()


@every_objective
def test_the_first_output_is_the_correction(config):
    objective, (pt, _, random) = build(config), batch()
    output = outputs(objective, len(pt), random)
    torch.testing.assert_close(objective.estimate(output, pt).energy_gev, pt * (1 + output[:, 0]))


@every_objective
def test_a_weight_of_zero_leaves_a_jet_out_and_equal_weights_do_nothing(config):
    if isinstance(config, GaussianAnsatzConfig):
        # A jet is also there for others to be paired with: all others must be its partners.
        config = config.model_copy(update={"contrasts": 4096})
    objective, (pt, true, random) = build(config), batch(40)
    output = outputs(objective, 40, random)
    output[:, 3:4] = 0.0  # the penalty on D counts every jet
    plain = objective(output, pt, true)
    torch.testing.assert_close(objective(output, pt, true, torch.full((40,), 3.0)), plain)
    weight = (torch.arange(40) < 30).double()
    found = objective(output, pt, true, weight)
    torch.testing.assert_close(found, objective(output[:30], pt[:30], true[:30]), rtol=1e-6, atol=1e-6)


@every_objective
def test_gradients_are_finite_however_wrong_the_network_is(config):
    objective = build(config).float()
    for pt_gev in (0.0, 1e-4, 50.0, 1e4):
        for size in (1.0, 30.0):
            random = torch.Generator().manual_seed(2)
            output = (size * torch.randn((64, objective.outputs), generator=random)).requires_grad_()
            true = torch.linspace(LOW, HIGH, 64)
            loss = objective(output, torch.full((64,), pt_gev), true)
            loss.backward()
            assert loss.isfinite()
            assert output.grad.isfinite().all()


def test_the_squared_error_is_relative_to_the_uncalibrated_pt():
    pt, true = torch.tensor([50.0, 100.0]), torch.tensor([60.0, 90.0])
    loss = build(MeanSquaredErrorConfig())(torch.tensor([[0.1], [0.0]]), pt, true)
    assert float(loss) == pytest.approx(0.5 * ((60 - 55) ** 2 / 50**2 + 10**2 / 100**2))


def test_the_gaussian_likelihood_is_that_of_the_true_pt_but_for_a_constant():
    """A density of y/x is x times that of y."""
    pt, true, random = batch()
    for truncated in (True, False):
        objective = build(JetGaussianLikelihoodConfig(truncated=truncated))
        output = outputs(objective, len(pt), random)
        mean, sigma = objective.estimate(output, pt)
        if truncated:
            each = -log_truncated_gaussian(true, mean, sigma, LOW, HIGH)
        else:
            each = gaussian_nll(true, mean, sigma)
        torch.testing.assert_close(objective(output, pt, true), (each - pt.log()).mean())


def test_bins_count_alike_whatever_they_hold():
    """20 bins with 1 to 20 jets: the loss is the mean of the means of the bins, as the thesis has it."""
    objective = build(TruncatedJetLikelihoodConfig())
    width = (HIGH - LOW) / 20
    true = torch.cat([LOW + width * (k + torch.linspace(0.1, 0.9, k + 1)) for k in range(20)]).double()
    number = torch.repeat_interleave(torch.arange(20), torch.arange(1, 21))
    torch.testing.assert_close(objective.bin_of(true), number)
    pt, output = 1.1 * true, torch.linspace(-0.2, 0.1, len(true)).double()[:, None]
    objective.prepare(true)
    each = -2 * log_truncated_gaussian(true, pt * (1 + output[:, 0]), 0.9 * true.sqrt(), LOW, HIGH)
    expected = torch.stack([each[number == k].mean() for k in range(20)]).mean()
    torch.testing.assert_close(objective(output, pt, true), expected, rtol=1e-6, atol=0.0)
    # Weights of the jets do not change that bins count alike.
    weight = true**-4
    objective.prepare(true, weight)
    of_bins = [(each * weight)[number == k].sum() / weight[number == k].sum() for k in range(20)]
    found = objective(output, pt, true, weight)
    torch.testing.assert_close(found, torch.stack(of_bins).mean(), rtol=1e-6, atol=0.0)


def test_bins_without_jets_do_not_count_and_bins_can_be_logarithmic():
    objective = build(TruncatedJetLikelihoodConfig(bins=4))
    objective.prepare(torch.tensor([31.0, 32.0, 149.0]))
    assert objective.bin_weight.tolist() == pytest.approx([0.75, 0, 0, 1.5])
    log = build_jet_objective(TruncatedJetLikelihoodConfig(bins=3, spacing="log"), 10.0, 10_000.0)
    assert log.bin_of(torch.tensor([10.0, 99.0, 101.0, 9_999.0, 10_000.0])).tolist() == [0, 0, 1, 2, 2]


def test_sigma_is_fitted_anew():
    objective = build(TruncatedJetLikelihoodConfig())
    random = torch.Generator().manual_seed(1)
    true = LOW + (HIGH - LOW) * torch.rand(100_000, generator=random).double()
    sigma = 0.6 * true.sqrt() + 0.03 * true + 1.0
    objective.refit(true, 1.02 * true + sigma * torch.randn(len(true), generator=random).double())
    at = torch.tensor([35.0, 90.0, 145.0]).double()
    wanted = 0.6 * at.sqrt() + 0.03 * at + 1.0
    # 20 bins of 5000 jets: 1 % each, some more where the fit ends.
    torch.testing.assert_close(objective.sigma(at), wanted, rtol=0.03, atol=0.0)
    assert objective.refits == 2
    assert "terms" in objective.state_dict()
    # Sigma stays above 0 whatever the terms are.
    objective.terms.copy_(torch.tensor([0.0, 0.0, -5.0]))
    torch.testing.assert_close(objective.sigma(at), 0.01 * at)


def test_the_fit_of_sigma_honours_weights_and_refuses_few_jets():
    random = np.random.default_rng(1)
    true = random.uniform(30.0, 150.0, size=200_000)
    # Half of the jets scatter three times as much but count for nothing.
    bad = np.arange(len(true)) % 2 == 1
    sigma = 0.8 * np.sqrt(true)
    predicted = true + sigma * np.where(bad, 3.0, 1.0) * random.normal(size=len(true))
    terms = fit_sigma_terms(true, predicted, np.where(bad, 1e-9, 1.0))
    assert terms @ [10.0, 100.0, 1.0] == pytest.approx(8.0, rel=0.03)
    with pytest.raises(DataError, match="fit of sigma"):
        fit_sigma_terms(true[:30], true[:30])


def test_logarithmic_bins_tell_sigma_at_the_lowest_of_a_wide_range():
    random = np.random.default_rng(1)
    true = random.uniform(30.0, 2000.0, size=50_000)

    def sigma(pt):
        # No sum of the three terms: 7.1 % at 2 TeV instead of the line's 6.
        return np.sqrt(true_terms[0] ** 2 * pt + true_terms[1] ** 2 * pt**2)

    true_terms = 0.9, 0.05
    predicted = true + sigma(true) * random.normal(size=len(true))
    at = np.array([35.0, 80.0, 300.0, 1800.0])
    columns = np.stack([np.sqrt(at), at, np.ones(4)], axis=1)
    off = {
        spacing: np.abs(columns @ fit_sigma_terms(true, predicted, spacing=spacing) / sigma(at) - 1.0).max()
        for spacing in ("number", "log")
    }
    # The lowest of the bins holds 280 jets, which tell sigma to 4 %.
    assert off["log"] < 0.1


@pytest.mark.parametrize("bound", ["donsker-varadhan", "contrastive"])
def test_the_ansatz_reaches_the_mutual_information_of_gaussians(bound):
    """x = z + noise in ln pT: I = ln(1 + s_z^2 / s^2) / 2, reached by the true ratio, not by another."""
    spread, noise, n = 0.3, 0.2, 4096
    random = torch.Generator().manual_seed(1)
    z = 4.0 + spread * torch.randn(n, generator=random, dtype=torch.float64)
    x = z + noise * torch.randn(n, generator=random, dtype=torch.float64)
    objective = build(
        GaussianAnsatzConfig(bound=bound, contrasts=256, shape_terms=0, start_relative_sigma=noise)
    )
    output = torch.zeros((n, 4), dtype=torch.float64)
    # ln p(x|z) / p(x): the likelihood's highest point is x itself; A(x) = (x - mean)^2 / (2 var) + const.
    output[:, 2] = 0.5 * (x - 4.0) ** 2 / (spread**2 + noise**2)
    information = 0.5 * math.log(1 + spread**2 / noise**2)
    best = -float(objective(output, x.exp(), z.exp()))
    # The scatter of ln p(x, z)/(p(x) p(z)) is of order one.
    assert best == pytest.approx(information, abs=5 / math.sqrt(n))
    for column, change in ((0, 0.1), (1, 0.3)):
        worse = output.clone()
        worse[:, column] += change
        assert -float(objective(worse, x.exp(), z.exp())) < best - 0.01
    # The posterior mean, which least squares find, is no better than the likelihood's highest point.
    shrunk = output.clone()
    shrunk[:, 0] = torch.exp((4.0 - x) * noise**2 / (spread**2 + noise**2)) - 1
    assert -float(objective(shrunk, x.exp(), z.exp())) < best - 0.01


def test_the_curvature_at_the_estimate_is_that_of_sigma():
    objective, (pt, _, random) = build(GaussianAnsatzConfig()), batch(5)
    output = outputs(objective, 5, random)
    output[:, 3] = 0.0
    energy, sigma = objective.estimate(output, pt)
    at, step = energy.log()[:, None], 1e-3
    lower, middle, upper = objective.ratio(output, pt, at + torch.tensor([[-step, 0.0, step]])).unbind(1)
    curvature = (upper - 2 * middle + lower) / step**2
    torch.testing.assert_close(curvature, -((energy / sigma) ** 2), rtol=1e-3, atol=0.0)
    torch.testing.assert_close(middle, output[:, 2])
    # It is the highest point of all.
    everywhere = objective.ratio(output, pt, at + torch.linspace(-2, 2, 401, dtype=torch.float64))
    assert (everywhere.argmax(dim=1) == 200).all()


class _Recipe(BaseModel):
    objective: JetObjectiveConfig


@every_objective
def test_a_configuration_survives_its_own_json(config):
    assert _Recipe.model_validate_json(_Recipe(objective=config).model_dump_json()).objective == config


def test_wrong_settings_are_told():
    for key, value in (("bins", 1), ("refits", -1), ("spacing", "cubic"), ("sigma_terms", [1.0])):
        with pytest.raises(ConfigurationError, match=key):
            parse_config(TruncatedJetLikelihoodConfig, {key: value}, source="test")
    with pytest.raises(TypeError, match="no objective"):
        build_jet_objective(object(), LOW, HIGH)
