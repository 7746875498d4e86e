from __future__ import annotations

import pytest
import torch

from showerkit.models.mask_sampling import concrete_hits, sampled_mask, straight_through_hits
from showerkit.models.mask_sampling_config import ConcreteMask, ProbabilityMask, StraightThroughMask

N = 40_000


@pytest.fixture
def uniform() -> torch.Tensor:
    return torch.rand(N, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("probability", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("way", ["straight-through", "concrete", "cold"])
def test_a_cell_is_hit_with_its_probability(probability: float, way: str, uniform: torch.Tensor) -> None:
    logit = torch.full((N,), probability, dtype=torch.float64).logit()
    if way == "straight-through":
        hits = straight_through_hits(logit, uniform)
    else:
        hits = concrete_hits(logit, uniform, 0.5 if way == "concrete" else 0.01, hard=True)
    assert set(hits.tolist()) == {0.0, 1.0}
    error = (probability * (1 - probability) / N) ** 0.5
    assert abs(hits.mean().item() - probability) < 4 * error


def test_gradient_of_straight_through_hits_is_that_of_the_probability(uniform: torch.Tensor) -> None:
    logit = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    straight_through_hits(logit, uniform[:7]).sum().backward()
    p = logit.detach().sigmoid()
    assert torch.allclose(logit.grad, p * (1 - p))


@pytest.mark.parametrize("hard", [False, True])
def test_gradient_of_concrete_hits(hard: bool, uniform: torch.Tensor) -> None:
    temperature = 0.4
    logit = torch.linspace(-2, 2, 5, dtype=torch.float64, requires_grad=True)
    concrete_hits(logit, uniform[:5], temperature, hard=hard).sum().backward()
    soft = concrete_hits(logit.detach(), uniform[:5], temperature, hard=False)
    assert torch.allclose(logit.grad, soft * (1 - soft) / temperature)


def test_mean_of_concrete_numbers_at_temperature_one(uniform: torch.Tensor) -> None:
    """At logit 0 and temperature 1 the number is u itself."""
    assert torch.allclose(concrete_hits(torch.zeros_like(uniform), uniform, 1.0, hard=False), uniform)


def test_what_the_discriminator_is_given() -> None:
    logit = torch.randn(4, 1, 20, 20)
    assert torch.equal(sampled_mask(logit, ProbabilityMask()), logit.sigmoid())
    for sampling in (StraightThroughMask(), ConcreteMask()):
        assert set(sampled_mask(logit, sampling).unique().tolist()) == {0.0, 1.0}
    soft = sampled_mask(logit, ConcreteMask(hard=False))
    assert ((soft > 0) & (soft < 1)).float().mean() > 0.9


def test_draws_are_finite_whatever_the_logit() -> None:
    logit = torch.tensor([-1e4, -50.0, 50.0, 1e4], requires_grad=True)
    for sampling in (StraightThroughMask(), ConcreteMask(temperature=0.1), ConcreteMask(hard=False)):
        sampled_mask(logit, sampling).sum().backward()
    assert torch.isfinite(logit.grad).all()
