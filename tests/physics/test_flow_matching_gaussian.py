"""Flow matching between normal laws, where velocity, loss and flow are known in closed form.

With x_0 ~ N(0, 1), x_1 ~ N(m, S), a = 1 - (1 - sigma) t and x_t = a x_0 + t x_1, point and velocity u are
jointly normal, so that E[u | x_t = x] = m + (t S - (1 - sigma) a) (t^2 S + a^2)^-1 (x - t m).
"""

from __future__ import annotations

import math

import pytest
import torch

from showerkit.losses.flow_matching import FlowMatching
from showerkit.losses.flow_matching_config import FlowMatchingConfig, LogitNormalTimes
from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig
from showerkit.models.ode_solvers import integrate

MEAN = torch.tensor([1.0, -0.5], dtype=torch.float64)
#: Axes and variances of the data: two correlated features of different widths.
AXES = torch.tensor([[0.8, -0.6], [0.6, 0.8]], dtype=torch.float64)
VARIANCES = torch.tensor([2.0, 0.1], dtype=torch.float64)


def data(n, seed):
    normal = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return MEAN + (normal * VARIANCES.sqrt()) @ AXES.T


def slopes(time, sigma_min):
    """Eigenvalues of the velocity's slope in the point, shape (B, 2)."""
    time = time[:, None]
    left = 1.0 - (1.0 - sigma_min) * time
    return (time * VARIANCES - (1.0 - sigma_min) * left) / (time.square() * VARIANCES + left.square())


def exact_velocity(time, point, sigma_min=0.0):
    along = (point - time[:, None] * MEAN) @ AXES
    return MEAN + (slopes(time, sigma_min) * along) @ AXES.T


@pytest.mark.parametrize("sigma_min", [0.0, 0.2])
@pytest.mark.parametrize(
    "solver",
    [
        FixedStepConfig(kind="rk4", steps=200),
        AdaptiveStepConfig(relative_tolerance=1e-8, absolute_tolerance=1e-8),
    ],
)
def test_the_flow_is_linear_and_ends_in_the_data(sigma_min, solver):
    """Along each axis x_1 = m + sqrt(S + sigma^2) x_0."""
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    moved = integrate(lambda time, point: exact_velocity(time, point, sigma_min), noise, solver)
    expected = MEAN + (noise @ AXES * (VARIANCES + sigma_min**2).sqrt()) @ AXES.T
    torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sigma_min", [0.0, 0.2])
def test_the_exact_velocity_costs_what_it_must_and_no_slope_is_left(sigma_min):
    """The loss is the mean conditional variance of u, and its gradient in any direction is zero."""
    n = 200_000
    objective = FlowMatching(FlowMatchingConfig(sigma_min=sigma_min))
    shifts = torch.zeros(4, 2, dtype=torch.float64, requires_grad=True)
    seen = {}

    def field(time, point):
        features = torch.stack([torch.ones_like(time), time, point[:, 0], time * point[:, 1]], dim=1)
        seen["features"], seen["point"], seen["time"] = features, point, time
        return exact_velocity(time, point, sigma_min) + features @ shifts

    loss = objective(field, data(n, 1), generator=torch.Generator().manual_seed(2))["loss"]
    (gradient,) = torch.autograd.grad(loss, shifts)

    # Var[u | x_t] along each axis: S + (1 - sigma)^2 - slope^2 Var[x_t].
    time = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
    left = 1.0 - (1.0 - sigma_min) * time[:, None]
    variance = time[:, None].square() * VARIANCES + left.square()
    remaining = VARIANCES + (1.0 - sigma_min) ** 2 - slopes(time, sigma_min).square() * variance
    # The square of a normal number of variance v has variance 2 v^2; times are stratified. The two axes
    # are independent, the two features are their rotation.
    error = math.sqrt(float((2.0 * remaining.square()).sum(dim=1).mean()) / 4 / n)
    assert float(loss.detach()) == pytest.approx(float(remaining.mean()), abs=5 * error)

    # Each component of the gradient is a mean of features times residuals of variance at most the largest.
    most = float(remaining.max())
    spread = (seen["features"].square().mean(dim=0) * most / n).sqrt()
    assert (gradient.abs() < 5 * spread[:, None]).all()


def test_a_linear_model_finds_the_exact_velocity():
    """At one time the velocity is linear: least squares by the loss must find its matrix and its shift."""
    n, mean = 20_000, 0.4
    objective = FlowMatching(FlowMatchingConfig(times=LogitNormalTimes(mean=mean, width=1e-4)))
    target = data(n, 3)
    model = torch.nn.Linear(2, 2, dtype=torch.float64)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = objective(
            lambda time, point: model(point), target, generator=torch.Generator().manual_seed(4)
        )["loss"]
        loss.backward()
        return loss

    optimiser.step(closure)
    time = torch.full((1,), mean, dtype=torch.float64).sigmoid()
    slope = slopes(time, 0.0)[0]
    matrix = AXES @ torch.diag(slope) @ AXES.T
    shift = exact_velocity(time, torch.zeros(1, 2, dtype=torch.float64))[0]
    variance = (time**2 * VARIANCES + (1.0 - time) ** 2).double()
    remaining = VARIANCES + 1.0 - slope.square() * variance
    # Errors of coefficients of least squares: residual variance over n times the input's least variance.
    error = math.sqrt(float(remaining.max()) / n / float(variance.min()))
    assert (model.weight - matrix).abs().max() < 5 * error
    assert (model.bias - shift).abs().max() < 5 * error * 2
