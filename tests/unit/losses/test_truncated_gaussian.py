"""The density that is cut off against SciPy, its gradients, its integral, and single precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mpmath import erfc, log, mp, mpf
from scipy import stats
from torch.autograd import gradcheck, gradgradcheck

from showerkit.losses.truncated_gaussian import (
    log_mills_ratio,
    log_one_minus_exp,
    log_truncated_gaussian,
)

LOW, HIGH = 0.0, 10.0
SIGMAS = [0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1e4]
#: Within the range, at its ends, near them and far outside.
MEANS = [*np.linspace(-5.0, 15.0, 81), -1000.0, -100.0, -30.0, 30.0, 100.0, 1000.0]
VALUES = np.linspace(LOW, HIGH, 41)


def grid(dtype):
    value, mean, sigma = np.meshgrid(VALUES, MEANS, SIGMAS, indexing="ij")
    return [torch.from_numpy(axis.ravel()).to(dtype) for axis in (value, mean, sigma)]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 5e-7)])
def test_density_is_that_of_scipy(dtype, tolerance):
    """Up to 1000 sigma outside, where SciPy itself keeps ten digits."""
    value, mean, sigma = grid(dtype)
    near = (mean - 5.0).abs() < 5.0 + 1000.0 * sigma
    value, mean, sigma = value[near], mean[near], sigma[near]
    y, m, s = (axis.double().numpy() for axis in (value, mean, sigma))
    expected = stats.truncnorm.logpdf(y, (LOW - m) / s, (HIGH - m) / s, loc=m, scale=s)
    found = log_truncated_gaussian(value, mean, sigma, LOW, HIGH).double().numpy()
    assert np.isfinite(expected).all()
    # Relative to the terms that are added up, the logarithms and the distance from the nearest end.
    assert (np.abs(found - expected) <= tolerance * (10.0 + np.abs(expected))).all()


def exact(y, m, s):
    mp.dps = 400
    y, m, s, a, b = (mpf(float(number)) for number in (y, m, s, LOW, HIGH))
    root = mp.sqrt(2)
    # Of the two tails the one that is small on both ends of the interval.
    sign = 1 if m < 5 else -1
    area = sign * (erfc(sign * (a - m) / s / root) - erfc(sign * (b - m) / s / root)) / 2
    return float(-(((y - m) / s) ** 2) / 2 - log(s * mp.sqrt(2 * mp.pi)) - log(area))


@pytest.mark.parametrize("mean", [-1000.0, 11.0, 20.0, 1000.0])
@pytest.mark.parametrize("sigma", [0.01, 0.3, 5.0, 1e4])
def test_density_far_outside_is_that_of_400_digits(mean, sigma):
    for value in (0.0, 3.0, 10.0):
        found = log_truncated_gaussian(
            *(torch.tensor(number, dtype=torch.float64) for number in (value, mean, sigma)), LOW, HIGH
        )
        assert float(found) == pytest.approx(exact(value, mean, sigma), rel=1e-11, abs=1e-11)


def test_the_two_ends_are_alike():
    value, mean, sigma = grid(torch.float64)
    here = log_truncated_gaussian(value, mean, sigma, LOW, HIGH)
    mirrored = log_truncated_gaussian(-value, -mean, sigma, -HIGH, -LOW)
    torch.testing.assert_close(here, mirrored, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mean", [-30.0, -0.5, 0.0, 3.0, 10.0, 10.5, 50.0])
@pytest.mark.parametrize("sigma", [0.2, 1.0, 30.0])
def test_integral_is_one(mean, sigma):
    # Where the mean is outside, the density falls from the end within sigma^2 / distance.
    scale = min(HIGH - LOW, sigma, sigma**2 / max(abs(mean - np.clip(mean, LOW, HIGH)), 1e-3))
    node, weight = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(LOW, HIGH, 2 + int(2 * (HIGH - LOW) / scale))
    y = (edges[:-1, None] + np.diff(edges)[:, None] * 0.5 * (1.0 + node)).ravel()
    w = (np.diff(edges)[:, None] * 0.5 * weight).ravel()
    density = log_truncated_gaussian(
        torch.from_numpy(y),
        torch.tensor(mean, dtype=torch.float64),
        torch.tensor(sigma, dtype=torch.float64),
        LOW,
        HIGH,
    ).exp()
    assert float((density * torch.from_numpy(w)).sum()) == pytest.approx(1.0, abs=1e-10)


def test_gradients_are_finite_differences():
    cases = [
        (y, m, s)
        for y in (0.0, 4.0, 10.0)
        for m in (-40.0, -2.0, 0.0, 1.0, 4.999, 9.5, 10.0, 13.0, 60.0)
        for s in (0.3, 1.0, 4.0, 50.0)
    ]
    value, mean, sigma = (
        torch.tensor(axis, dtype=torch.float64, requires_grad=True) for axis in zip(*cases, strict=True)
    )

    def density(y, m, s):
        return log_truncated_gaussian(y, m, s, LOW, HIGH)

    # At exactly 0 and 10 the mean changes from one branch to the other: both must have the same slope.
    assert gradcheck(density, (value, mean, sigma), eps=1e-6, atol=1e-5, rtol=1e-5)


def test_gradient_by_the_mean_is_that_of_an_exponential_family():
    """d ln p / d mean = (y - <y>) / sigma^2, and finite in single precision however far away."""
    value, mean, sigma = grid(torch.float32)
    mean.requires_grad_()
    sigma.requires_grad_()
    log_truncated_gaussian(value, mean, sigma, LOW, HIGH).sum().backward()
    assert torch.isfinite(mean.grad).all()
    assert torch.isfinite(sigma.grad).all()
    y, m, s = (axis.detach().double().numpy() for axis in (value, mean, sigma))
    near = np.abs(m - 5.0) < 5.0 + 30.0 * s
    y, m, s = y[near], m[near], s[near]
    density = [stats.truncnorm.pdf(end, (LOW - m) / s, (HIGH - m) / s, loc=m, scale=s) for end in (LOW, HIGH)]
    average = m + s**2 * (density[0] - density[1])
    expected = (y - average) / s**2
    # Rounding of the mean itself, in sigma, then of the slopes of the two ends that are subtracted.
    allowed = 2e-6 * (np.abs(expected) + (1.0 + np.abs(m)) / s**2 + 10.0 / s)
    difference = np.abs(mean.grad.double().numpy()[near] - expected)
    assert (difference <= allowed).all()


def test_far_mean_is_an_exponential_law():
    """At the upper end, with rate (mean - b) / sigma^2, to order 1 / distance^2 in sigma."""
    mean, sigma, y = 1010.0, 1.0, torch.linspace(9.99, 10.0, 5, dtype=torch.float64)
    found = log_truncated_gaussian(
        y, torch.tensor(mean, dtype=torch.float64), torch.tensor(sigma, dtype=torch.float64), LOW, HIGH
    )
    expected = math.log(1000.0) - 1000.0 * (10.0 - y)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_parts():
    x = torch.tensor([0.0, 0.5, 3.0, 7.9, 8.1, 39.9, 40.1, 300.0], dtype=torch.float64, requires_grad=True)
    expected = stats.norm.logsf(x.detach().numpy()) - stats.norm.logpdf(x.detach().numpy())
    torch.testing.assert_close(log_mills_ratio(x).detach(), torch.from_numpy(expected), rtol=1e-9, atol=1e-10)
    assert gradcheck(log_mills_ratio, (x,), atol=1e-8, rtol=1e-6)
    assert gradgradcheck(log_mills_ratio, (x[1:],), atol=1e-6, rtol=1e-4)
    single = x.detach().float().requires_grad_()
    log_mills_ratio(single).sum().backward()
    log_mills_ratio(x).sum().backward()
    torch.testing.assert_close(single.grad.double(), x.grad, rtol=3e-5, atol=0)

    d = torch.tensor([1e-30, 1e-8, 0.5, 0.69, 0.7, 3.0, 80.0], dtype=torch.float64, requires_grad=True)
    expected = np.log(-np.expm1(-d.detach().numpy()))
    torch.testing.assert_close(
        log_one_minus_exp(d).detach(), torch.from_numpy(expected), rtol=1e-12, atol=1e-34
    )
    log_one_minus_exp(d).sum().backward()
    torch.testing.assert_close(d.grad, 1.0 / torch.expm1(d.detach()))
