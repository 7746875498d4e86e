"""Distance correlation against its definition, its invariances and its known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from showerkit.losses.distance_correlation import distance_correlation_squared


def sample(n, seed, dtype=torch.float64):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=n)).to(dtype)


def by_definition(x, y, unbiased):
    """Loops over pairs of events, as the definitions are printed."""
    n = len(x)

    def covariance(u, v):
        matrices = []
        for values in (u, v):
            a = [[abs(float(values[i]) - float(values[j])) for j in range(n)] for i in range(n)]
            row = [sum(line) for line in a]
            total = sum(row)
            for i in range(n):
                for j in range(n):
                    if not unbiased:
                        a[i][j] += -row[i] / n - row[j] / n + total / n**2
                    elif i != j:
                        a[i][j] += -row[i] / (n - 2) - row[j] / (n - 2) + total / ((n - 1) * (n - 2))
                    else:
                        a[i][j] = 0.0
            matrices.append(a)
        return sum(matrices[0][i][j] * matrices[1][i][j] for i in range(n) for j in range(n))

    return covariance(x, y) / math.sqrt(covariance(x, x) * covariance(y, y))


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("n", [5, 23])
def test_it_is_the_definition(n, unbiased):
    x, noise = sample(n, 1), sample(n, 2)
    for y in (noise, x.square() + 0.3 * noise, x + noise):
        found = distance_correlation_squared(x, y, unbiased=unbiased)
        assert float(found) == pytest.approx(by_definition(x, y, unbiased), abs=1e-12)


@pytest.mark.parametrize("unbiased", [False, True])
def test_one_for_a_line_and_invariant(unbiased):
    x, y = sample(200, 1), sample(200, 2) + sample(200, 1).abs()
    for line in (2.0 * x + 3.0, -0.1 * x):
        assert float(distance_correlation_squared(x, line, unbiased=unbiased)) == pytest.approx(1.0)
    here = float(distance_correlation_squared(x, y, unbiased=unbiased))
    assert 0.0 < here < 1.0
    order = torch.from_numpy(np.random.default_rng(3).permutation(200))
    for one, other in ((y, x), (5.0 - 1e3 * x, 1e-3 * y), (x[order], y[order])):
        assert float(distance_correlation_squared(one, other, unbiased=unbiased)) == pytest.approx(here)


def test_independent_quantities():
    """Unbiased: 0 within the scatter of 200 samples. Standard: falls as 1/n."""
    scores = {
        (n, unbiased): np.array(
            [
                float(distance_correlation_squared(sample(n, 2 * i), sample(n, 2 * i + 1), unbiased=unbiased))
                for i in range(200)
            ]
        )
        for n in (50, 200)
        for unbiased in (False, True)
    }
    for n in (50, 200):
        of_unbiased = scores[n, True]
        assert abs(of_unbiased.mean()) < 4 * of_unbiased.std(ddof=1) / math.sqrt(200)
        assert scores[n, False].min() > 0.0
    few, many = scores[50, False], scores[200, False]
    ratio = few.mean() / many.mean()
    error = ratio * math.hypot(*(s.std(ddof=1) / s.mean() / math.sqrt(200) for s in (few, many)))
    # 4 but for terms of relative order 1/n.
    assert ratio == pytest.approx(4.0, abs=4 * error + 4 * 4 / 50)


def test_it_sees_what_a_correlation_does_not():
    x = sample(500, 1)
    y = x.square()
    assert abs(float(torch.corrcoef(torch.stack([x, y]))[0, 1])) < 5 * math.sqrt(10 / 500)
    assert float(distance_correlation_squared(x, y, unbiased=True)) > 0.1


def test_correlated_gaussians():
    """Szekely, Rizzo and Bakirov (2007), theorem 7, for correlation rho."""
    rho = 0.6
    x = sample(2000, 1)
    y = rho * x + math.sqrt(1 - rho**2) * sample(2000, 2)

    def covariance(r):
        return r * math.asin(r) + math.sqrt(1 - r**2) - r * math.asin(r / 2) - math.sqrt(4 - r**2) + 1

    expected = covariance(rho) / (1 + math.pi / 3 - math.sqrt(3))
    tenths = [float(distance_correlation_squared(x[i::10], y[i::10], unbiased=True)) for i in range(10)]
    error = float(np.std(tenths, ddof=1)) / math.sqrt(10)
    assert float(distance_correlation_squared(x, y, unbiased=True)) == pytest.approx(expected, abs=5 * error)


@pytest.mark.parametrize("unbiased", [False, True])
def test_gradient(unbiased):
    x, y = sample(12, 1).requires_grad_(), sample(12, 2)
    assert torch.autograd.gradcheck(
        lambda x: distance_correlation_squared(x, y, unbiased=unbiased), (x,), atol=1e-7
    )


@pytest.mark.parametrize("unbiased", [False, True])
def test_constant_and_single_precision(unbiased):
    x = torch.full((10,), 3.0, requires_grad=True)
    found = distance_correlation_squared(x, sample(10, 1, torch.float32), unbiased=unbiased)
    found.backward()
    assert float(found.detach()) == 0.0
    assert torch.isfinite(x.grad).all()
    small, great = 1e-15 * sample(100, 1), 1e15 * (sample(100, 1) + sample(100, 2))
    single = distance_correlation_squared(small.float(), great.float(), unbiased=unbiased)
    double = distance_correlation_squared(small, great, unbiased=unbiased)
    assert float(single) == pytest.approx(float(double), abs=1e-5)
