from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from showerkit.errors import DataError
from showerkit.models.latent_flow import LatentFlow
from showerkit.models.latent_flow_config import LatentFlowConfig


def flow_of(seed=1, features=3, n_conditions=0, **settings) -> LatentFlow:
    config = LatentFlowConfig(**{"transforms": 3, "hidden": 16, "layers": 1, "bins": 5, **settings})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        flow = LatentFlow(config, features, n_conditions).double()
    flow.mean.copy_(torch.arange(features))
    flow.width.fill_(2.0)
    return flow


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("order", ["coupling", "autoregressive"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), n_conditions=st.integers(0, 2))
def test_the_vector_of_a_normal_one_has_that_normal_one(order, seed, n_conditions):
    flow = flow_of(seed, n_conditions=n_conditions, order=order)
    u = normal(20, 3, seed=seed)
    condition = normal(20, n_conditions, seed=seed + 1) if n_conditions else None
    with torch.inference_mode():
        torch.testing.assert_close(flow.normal(flow.latent(u, condition), condition), u, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("order", ["coupling", "autoregressive"])
def test_the_density_is_that_of_the_change_of_variables(order):
    flow = flow_of(order=order)
    z = flow.mean + 2.0 * normal(5, 3)
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(lambda v: flow.normal(v[None])[0], row) for row in z]
    )
    u = flow.normal(z)
    expected = -0.5 * u.square().sum(1) - 1.5 * math.log(2 * math.pi) + jacobian.det().abs().log()
    torch.testing.assert_close(flow.log_density(z), expected)


def test_the_density_is_one_in_all():
    flow = flow_of(features=2)
    axis = torch.linspace(-16.0, 17.0, 240, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    with torch.inference_mode():
        density = flow.log_density(grid).exp()
    assert density.sum().item() * float(axis[1] - axis[0]) ** 2 == pytest.approx(1.0, abs=2e-3)


def test_standardising_fixes_mean_and_width():
    flow = flow_of()
    assert not flow.ready
    z = 5.0 + 0.1 * normal(500, 3)
    flow.standardise(z)
    assert flow.ready
    torch.testing.assert_close(flow.mean, z.mean(0))
    torch.testing.assert_close(flow.width, z.std(0) + 1e-6)
    # Each number that never varies must not divide by zero.
    flow.standardise(torch.ones(10, 3).double())
    assert torch.isfinite(flow.log_density(torch.ones(1, 3).double())).all()


def test_it_learns_a_law_that_is_not_normal_and_depends_on_the_condition():
    flow = flow_of(features=2, n_conditions=1, transforms=2, hidden=32).float()
    random = torch.Generator().manual_seed(5)

    def draw(n):
        condition = (torch.rand(n, 1, generator=random) < 0.5).float()
        side = torch.where(torch.rand(n, 1, generator=random) < 0.5, -2.0, 2.0)
        first = side + 0.3 * torch.randn(n, 1, generator=random)
        second = (2.0 * condition - 1.0) * first + 0.3 * torch.randn(n, 1, generator=random)
        return torch.cat([first, second], dim=1), condition

    flow.standardise(draw(2000)[0])
    optimiser = torch.optim.Adam(flow.parameters(), lr=5e-3)
    for _ in range(250):
        loss = -flow.log_density(*draw(256)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        found = -flow.log_density(*draw(4000)).mean().item()
        _, condition = draw(4000)
        made = flow.sample(4000, condition, random)
    # Entropy of two well separated normal peaks: ln 2 + 2 ln(0.3 sqrt(2 pi e)).
    entropy = math.log(2.0) + 2.0 * math.log(0.3 * math.sqrt(2.0 * math.pi * math.e))
    assert entropy - 0.05 < found < entropy + 0.25
    sign = 2.0 * condition[:, 0] - 1.0
    assert ((made[:, 0] * made[:, 1] * sign) > 0).float().mean() > 0.95
    assert abs((made[:, 0] > 0).float().mean().item() - 0.5) < 0.1


def test_the_generator_decides_what_is_drawn():
    flow = flow_of()
    one, same, other = (flow.sample(5, None, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_vectors_of_another_length_are_refused():
    with pytest.raises(DataError):
        LatentFlow(LatentFlowConfig(), features=1)
    for wrong in (torch.zeros(5, 2), torch.zeros(1, 3), torch.zeros(3)):
        with pytest.raises(DataError):
            flow_of().standardise(wrong)


@pytest.mark.parametrize("wrong", [{"bins": 1}, {"transforms": 0}, {"order": "both"}, {"depth": 2}])
def test_settings_that_make_no_flow_are_refused(wrong):
    with pytest.raises(ValidationError):
        LatentFlowConfig.model_validate(wrong)
