"""Likelihoods of an energy against SciPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch.autograd import gradcheck

from showerkit.losses.likelihood import (
    gaussian_mixture_nll,
    gaussian_nll,
    pinball_loss,
    root_energy_loss,
    root_energy_sigma,
    truncated_gaussian_nll,
)


def double(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def test_root_energy_loss_is_the_formula_where_that_can_be_computed():
    y, predicted = torch.meshgrid(
        torch.linspace(0.1, 10.0, 34, dtype=torch.float64),
        torch.linspace(-0.3, 10.5, 37, dtype=torch.float64),
        indexing="ij",
    )
    sigma = 0.31 * y.sqrt()
    ends = torch.erf(predicted / (math.sqrt(2) * sigma)) - torch.erf(
        (predicted - 10) / (math.sqrt(2) * sigma)
    )
    expected = (y - predicted).square() / sigma.square() + (
        math.pi * sigma.square() / 2 * ends.square()
    ).log()
    found = root_energy_loss(y, predicted, 0.31, 0.0, 10.0, least_sigma=1e-6)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
    single = root_energy_loss(y.float(), predicted.float(), 0.31, 0.0, 10.0, least_sigma=1e-6)
    assert (single.double() - found).abs().max() < 1e-5 * (1 + found.abs().max())


def test_root_energy_loss_has_finite_gradients_everywhere_in_single_precision():
    y = torch.tensor([0.0, 1e-30, 1e-6, 0.5, 10.0])[:, None]
    predicted = torch.tensor([-1e4, -1.0, 0.0, 1e-6, 5.0, 10.0, 11.0, 1e4]).repeat(5, 1).requires_grad_()
    k = torch.tensor(0.31, requires_grad=True)
    true = y.clone().requires_grad_()
    loss = root_energy_loss(true, predicted, k, 0.0, 10.0, least_sigma=0.01)
    loss.sum().backward()
    for tensor in (loss, predicted.grad, k.grad, true.grad):
        assert torch.isfinite(tensor).all()
    # Upwards from far below, downwards from far above; a value at the very end pulls outwards.
    assert (predicted.grad[3:, 0] < 0).all()
    assert (predicted.grad[:4, -1] > 0).all()
    assert (predicted.grad[0, :4] > 0).all()


def test_gradient_of_root_energy_loss():
    y = double(0.2, 3.0, 9.9, 10.0)
    predicted, k = double(-1.0, 3.2, 10.4, 30.0).requires_grad_(), double(0.31).requires_grad_()
    assert gradcheck(lambda m, k: root_energy_loss(y, m, k, 0.0, 10.0, least_sigma=1e-3), (predicted, k))


def test_least_sigma():
    assert root_energy_sigma(double(-1.0, 0.0, 1e-6, 4.0), 0.5, 0.1).tolist() == [0.1, 0.1, 0.1, 1.0]


def posterior_loss(x: float, trial: np.ndarray, loss, *, high: float = 10.0) -> float:
    """The trial prediction that is best for a signal x that scatters about y, uniform, with k sqrt(y)."""
    y = np.linspace(1e-3, high, 2_001)
    log_weight = -0.5 * (x - y) ** 2 / (0.31**2 * y) - 0.5 * np.log(y)
    weight = torch.from_numpy(np.exp(log_weight - log_weight.max()))
    mean = (loss(torch.from_numpy(y)[None], torch.from_numpy(trial)[:, None]) * weight).sum(dim=1)
    return float(trial[int(mean.argmin())])


def likelihood_loss(y, predicted):
    return root_energy_loss(y, predicted, 0.31, 0.0, 10.0, least_sigma=1e-6)


def squared_error(y, predicted):
    return (y - predicted).square()


@pytest.mark.parametrize("x", [2.0, 5.0])
def test_best_prediction_is_the_signal_away_from_the_ends(x):
    """<1/y> = 1/x for the posterior, a reciprocal inverse Gaussian law; <y> = x + k^2 instead."""
    trial = np.arange(x - 0.3, x + 0.3, 0.004)
    assert posterior_loss(x, trial, likelihood_loss) == pytest.approx(x, abs=0.003)
    assert posterior_loss(x, trial, squared_error) == pytest.approx(x + 0.31**2, abs=0.003)


def test_likelihood_takes_off_the_kink_at_the_upper_end():
    trial = np.arange(8.5, 11.0, 0.02)
    bias = abs(posterior_loss(10.0, trial, likelihood_loss) - 10.0)
    with_squares = abs(posterior_loss(10.0, trial, squared_error) - 10.0)
    assert with_squares > 0.5  # about sigma sqrt(2 / pi)
    assert bias < 0.1 * with_squares


def test_truncated_gaussian_is_that_of_scipy():
    y, m, s = (axis.ravel() for axis in np.meshgrid([0.0, 2.0, 10.0], [-2.0, 5.0, 12.0], [0.4, 3.0]))
    expected = -stats.truncnorm.logpdf(y, -m / s, (10 - m) / s, loc=m, scale=s)
    found = truncated_gaussian_nll(*map(torch.from_numpy, (y, m, s)), 0.0, 10.0)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)


def test_gaussian_and_mixture_are_those_of_scipy():
    y = np.array([0.3, 2.0, 40.0])
    mean, sigma, logit = np.array([[1.0, 2.0]]), np.array([[0.5, 3.0]]), np.array([[0.2, -1.0]])
    share = np.exp(logit) / np.exp(logit).sum()
    single = gaussian_nll(torch.from_numpy(y), double(1.0), double(0.5))
    np.testing.assert_allclose(single.numpy(), -stats.norm.logpdf(y, 1.0, 0.5), rtol=1e-12)
    expected = -np.log((share * stats.norm.pdf(y[:, None], mean, sigma)).sum(axis=1))
    arguments = [torch.from_numpy(np.repeat(axis, 3, axis=0)) for axis in (logit, mean, sigma)]
    found = gaussian_mixture_nll(torch.from_numpy(y), *arguments)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10)
    for tensor in arguments:
        tensor.requires_grad_()
    assert gradcheck(lambda *parts: gaussian_mixture_nll(torch.from_numpy(y), *parts), arguments)


def test_mixture_is_a_density_and_stays_finite_far_away():
    y = torch.linspace(-40.0, 40.0, 80_001, dtype=torch.float64)
    parts = [double(*numbers).expand(len(y), 2) for numbers in ((0.2, -1.0), (1.0, 2.0), (0.5, 3.0))]
    density = gaussian_mixture_nll(y, *parts).neg().exp()
    assert float(torch.trapezoid(density, y)) == pytest.approx(1.0, abs=1e-10)
    logit = torch.tensor([[100.0, -100.0]], requires_grad=True)
    loss = gaussian_mixture_nll(torch.tensor([1e4]), logit, torch.zeros(1, 2), torch.full((1, 2), 0.01))
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(logit.grad).all()


@pytest.mark.parametrize("level", [0.16, 0.5, 0.9])
def test_lowest_pinball_loss_is_at_the_quantile(level):
    """Of 101 values the quantile is the one with 101 * level below it, whatever the law."""
    values = torch.from_numpy(np.random.default_rng(1).exponential(size=101)).sort().values
    trial = values[None, :].expand(101, 101)
    losses = torch.stack(
        [pinball_loss(values, column[:, None].expand(101, 1), double(level)).mean() for column in trial.T]
    )
    assert int(losses.argmin()) == math.floor(101 * level)


def test_pinball_losses_are_averaged_over_levels():
    both = pinball_loss(double(1.0), torch.zeros(1, 2, dtype=torch.float64), double(0.2, 0.6))
    assert float(both) == pytest.approx(0.4)
