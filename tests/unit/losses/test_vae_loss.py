from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError
from torch.distributions import Normal
from torch.distributions import kl_divergence as exact_divergence

from showerkit.errors import ConfigurationError
from showerkit.losses.jet_kinematics import jet_pt_and_mass
from showerkit.losses.nearest_neighbour import nearest_neighbour_distance
from showerkit.losses.vae import VaeObjective, kl_divergence, warm_up
from showerkit.losses.vae_config import JetTermsConfig, VaeLossConfig


def example(seed=1, batch=6, points=10, latent=4):
    random = torch.Generator().manual_seed(seed)
    x = torch.rand(batch, points, 3, generator=random, dtype=torch.float64)
    y = torch.rand(batch, points, 3, generator=random, dtype=torch.float64)
    mask = torch.rand(batch, points, generator=random) < 0.8
    mean = torch.randn(batch, latent, generator=random, dtype=torch.float64)
    log_variance = torch.randn(batch, latent, generator=random, dtype=torch.float64)
    return x, mask, y, mean, log_variance


def unscale(points, mask):
    return (points * torch.tensor([0.8, 0.8, 100.0]) - torch.tensor([0.4, 0.4, 0.0])) * mask[:, :, None]


def test_the_divergence_is_that_of_the_library_and_zero_for_the_prior():
    _, _, _, mean, log_variance = example()
    law = Normal(mean, (0.5 * log_variance).exp())
    expected = exact_divergence(law, Normal(torch.zeros_like(mean), torch.ones_like(mean))).sum(dim=1)
    torch.testing.assert_close(kl_divergence(mean, log_variance), expected)
    assert not kl_divergence(torch.zeros(3, 5), torch.zeros(3, 5)).any()


def test_the_divergence_is_the_mean_of_the_log_ratio_of_densities():
    mean, log_variance = torch.tensor([[1.0, -0.5]]), torch.tensor([[0.4, -1.0]])
    law = Normal(mean, (0.5 * log_variance).exp())
    torch.manual_seed(1)
    z = law.sample((100_000,))
    ratio = (law.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(dim=(1, 2))
    error = ratio.std().item() / math.sqrt(len(ratio))
    assert abs(ratio.mean().item() - kl_divergence(mean, log_variance).item()) < 5 * error


@pytest.mark.parametrize("space", ["scaled", "physical"])
def test_the_terms_add_up_with_their_weights(space):
    x, mask, y, mean, log_variance = example()
    jet = JetTermsConfig(weight=0.7, pt_weight=1.5, mass_weight=10.0)
    config = VaeLossConfig(alpha=2.0, beta=0.3, jet=jet, space=space)
    found = VaeObjective(config, unscale)(x, mask, y, mean, log_variance)
    true, made = unscale(x, mask), unscale(y, mask)
    pair = (x, y) if space == "scaled" else (true, made)
    distance = nearest_neighbour_distance(*pair, mask, mask, config=config.reconstruction).mean()
    pt, mass = jet_pt_and_mass(true, mask, "relative")
    pt_made, mass_made = jet_pt_and_mass(made, mask, "relative")
    terms = 1.5 * (pt - pt_made).square().mean() + 10.0 * (mass - mass_made).square().mean()
    divergence = kl_divergence(mean, log_variance).mean()
    torch.testing.assert_close(found["loss"], 0.7 * (2.0 * distance + 0.7 * terms) + 0.3 * divergence)
    assert set(found) == {"loss", "reconstruction", "kl", "jet_pt", "jet_mass"}
    torch.testing.assert_close(found["jet_mass"], (mass - mass_made).square().mean())


def test_the_divergence_warms_up_and_nothing_else_does():
    arguments = example()
    config = VaeLossConfig(beta=0.4, warm_up_steps=10)
    losses = [VaeObjective(config)(*arguments, step=step) for step in (0, 5, 10, None)]
    cold = losses[0]
    torch.testing.assert_close(cold["loss"], 0.6 * cold["reconstruction"])
    for share, found in zip((0.5, 1.0, 1.0), losses[1:], strict=True):
        torch.testing.assert_close(found["loss"] - cold["loss"], share * 0.4 * found["kl"])
    assert warm_up(0, 0) == 1.0


def test_a_perfect_reconstruction_from_the_prior_costs_nothing():
    x, mask, _, mean, _ = example()
    found = VaeObjective(VaeLossConfig(jet=JetTermsConfig()), unscale)(x, mask, x, 0 * mean, 0 * mean)
    assert {name: value.item() for name, value in found.items()} == dict.fromkeys(found, 0.0)


def test_what_stands_in_masked_places_changes_nothing():
    x, mask, y, mean, log_variance = example()
    objective = VaeObjective(VaeLossConfig(jet=JetTermsConfig()), unscale)
    clean = objective(x, mask, y, mean, log_variance)
    x[~mask], y[~mask] = 1e9, -1e9
    dirty = objective(x, mask, y, mean, log_variance)
    for name, value in clean.items():
        torch.testing.assert_close(dirty[name], value)


@pytest.mark.parametrize("settings", [{"jet": JetTermsConfig()}, {"space": "physical"}])
def test_what_needs_the_scaling_says_so(settings):
    with pytest.raises(ConfigurationError, match="scaling"):
        VaeObjective(VaeLossConfig(**settings))


@pytest.mark.parametrize(
    "wrong", [{"beta": 1.0}, {"beta": -0.1}, {"alpha": 0.0}, {"warm_up_steps": -1}, {"gamma": 1.0}]
)
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        VaeLossConfig.model_validate(wrong)
