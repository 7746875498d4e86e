from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from showerkit.models.total_energy_flow import TotalEnergyFlow, build_flow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig


def random_flow(seed: int, variable: str = "logit", size: float = 0.15) -> TotalEnergyFlow:
    """A flow whose spline is far from the identity, in double precision."""
    config = TotalEnergyFlowConfig(n_inputs=2, variable=variable, hidden=8, bins=6)
    flow = build_flow(config, seed=seed).double()
    random = torch.Generator().manual_seed(seed)
    for parameter in (flow.knots.weight, flow.knots.bias):
        parameter.data = size * torch.randn(parameter.shape, generator=random, dtype=torch.float64)
    flow.inputs_mean[-1] = 9.0  # of ln E
    flow.log_width.fill_(-2.0)
    return flow


def particles(n: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    condition = torch.randn(n, 2, generator=random, dtype=torch.float64)
    return condition, 20_000.0 * torch.rand(n, generator=random, dtype=torch.float64) + 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.sampled_from(["logit", "log"]))
def test_the_total_of_z_has_z(seed: int, variable: str) -> None:
    flow = random_flow(seed, variable)
    condition, incident_mev = particles(200, seed)
    z = torch.linspace(-6.0, 6.0, 200, dtype=torch.float64)
    with torch.inference_mode():
        total_mev = flow.total_mev(condition, incident_mev, z)
        again, _ = flow(condition, incident_mev, total_mev)
    # Where the total is the incident energy but for 1e-6, or as little, it has been cut there.
    ratio = total_mev / incident_mev
    inside = (ratio > 1.1e-6) & ((ratio < 1.0 - 1.1e-6) | (variable == "log"))
    assert inside.sum() > 50
    torch.testing.assert_close(again[inside], z[inside], rtol=1e-5, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1), st.sampled_from(["logit", "log"]))
def test_totals_rise_with_z_and_stay_in_their_range(seed: int, variable: str) -> None:
    flow = random_flow(seed, variable)
    condition, incident_mev = particles(1, seed)
    z = torch.linspace(-8.0, 8.0, 400, dtype=torch.float64)
    with torch.inference_mode():
        total_mev = flow.total_mev(condition.expand(400, 2), incident_mev.expand(400), z)
    assert (total_mev.diff() >= 0.0).all()
    assert (total_mev >= 0.0).all()
    if variable == "logit":
        assert (total_mev <= incident_mev).all()


@pytest.mark.parametrize("variable", ["logit", "log"])
def test_the_density_is_one_in_all(variable: str) -> None:
    flow = random_flow(3, variable)
    condition, incident_mev = particles(5)
    u = torch.linspace(-13.0, 13.0, 20_001, dtype=torch.float64)
    ratio = u.sigmoid() if variable == "logit" else u.exp()
    for c, e in zip(condition, incident_mev, strict=True):
        n = len(u)
        with torch.inference_mode():
            _, log_density = flow(c.expand(n, 2), e.expand(n), e * ratio)
        assert torch.trapezoid(log_density.exp(), u).item() == pytest.approx(1.0, abs=2e-4)


def test_an_untrained_flow_is_normal_about_the_sample() -> None:
    flow = TotalEnergyFlow(TotalEnergyFlowConfig(n_inputs=1, variable="log")).double()
    random = torch.Generator().manual_seed(1)
    n = 1000
    incident_mev = torch.full((n,), 5000.0, dtype=torch.float64)
    total_mev = 500.0 * torch.exp(0.3 * torch.randn(n, generator=random, dtype=torch.float64))
    flow.standardise(torch.zeros(n, 1, dtype=torch.float64), incident_mev, total_mev)
    logarithm = (total_mev / incident_mev).log()
    mean, width = logarithm.mean(), logarithm.std()
    with torch.inference_mode():
        z, log_density = flow(torch.zeros(n, 1, dtype=torch.float64), incident_mev, total_mev)
    expected = (logarithm - mean) / width
    torch.testing.assert_close(z, expected, rtol=1e-4, atol=1e-4)
    normal = -0.5 * expected.square() - 0.5 * math.log(2.0 * math.pi) - width.log()
    torch.testing.assert_close(log_density, normal, rtol=1e-4, atol=1e-4)


def test_an_input_that_never_varies_does_not_make_rounding_large() -> None:
    flow = random_flow(1)
    n = 100
    condition, incident_mev = torch.full((n, 2), 0.1), torch.full((n,), 7777.0)
    flow.float().standardise(condition, incident_mev, torch.linspace(100.0, 5000.0, n))
    with torch.inference_mode():
        single = flow.total_mev(condition, incident_mev, torch.zeros(n))
        double = flow.double().total_mev(condition.double(), incident_mev.double(), torch.zeros(n).double())
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=0.0)


def test_the_seed_decides_and_the_global_random_state_stays() -> None:
    config = TotalEnergyFlowConfig(n_inputs=1)
    before = torch.random.get_rng_state()
    one, same, other = (build_flow(config, seed=seed).hidden[0].weight for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("wrong", [{"n_inputs": 0}, {"bins": 1}, {"hidden": 10**9}, {"variable": "sqrt"}])
def test_a_config_that_makes_no_flow_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TotalEnergyFlowConfig.model_validate({"n_inputs": 1, **wrong})
