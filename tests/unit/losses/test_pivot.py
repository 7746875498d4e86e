"""The pivot's losses: what each side wants, and that an uninformed adversary pulls on nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from showerkit.losses.pivot import adversary_loss, energy_class, pivot_loss, scaled_residual
from showerkit.losses.pivot_config import DistanceCorrelationConfig, PivotConfig
from showerkit.models.residual_classifier import ResidualClassifier
from showerkit.models.residual_classifier_config import ResidualClassifierConfig


def toy(n=4000, seed=1, *, dependent):
    random = np.random.default_rng(seed)
    true = random.uniform(0.0, 10.0, size=n)
    bias = 0.5 * (true > 5.0) if dependent else 0.0
    predicted = true + np.sqrt(np.maximum(true, 0.01)) * (0.3 * random.normal(size=n) + bias)
    return torch.from_numpy(predicted).float(), torch.from_numpy(true).float()


def trained_adversary(residual, of_class, steps=150):
    torch.manual_seed(1)
    adversary = ResidualClassifier(ResidualClassifierConfig(hidden_width=16, hidden_layers=2), classes=20)
    optimiser = torch.optim.Adam(adversary.parameters(), lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        adversary_loss(adversary(residual), of_class).backward()
        optimiser.step()
    return adversary


def test_classes_cover_the_range_evenly():
    place = energy_class(torch.linspace(-1.0, 11.0, 12_001), 0.0, 10.0, 20)
    assert place.dtype == torch.int64
    assert (place.diff() >= 0).all()
    counts = torch.bincount(place, minlength=20)
    assert ((counts[1:-1] - 500).abs() <= 1).all()
    assert (counts[[0, -1]] >= 1500).all()


def test_residual_scales_with_the_root():
    predicted, true = toy(200_000, dependent=False)
    residual = scaled_residual(predicted, true, 0.01)
    for low in (0.1, 1.0, 9.0):
        chosen = residual[(true > low) & (true < 1.1 * low)]
        # A standard deviation has the relative error 1 / sqrt(2 n).
        assert float(chosen.std()) == pytest.approx(0.3, rel=5 / math.sqrt(2 * len(chosen)))
    assert torch.isfinite(scaled_residual(torch.ones(1), torch.zeros(1), 0.01)).all()


def test_adversary_learns_a_dependence_and_nothing_else():
    losses, errors = {}, {}
    for dependent in (False, True):
        predicted, true = toy(dependent=dependent)
        adversary = trained_adversary(scaled_residual(predicted, true, 0.01), energy_class(true, 0, 10, 20))
        predicted, true = toy(seed=2, dependent=dependent)
        of_class = energy_class(true, 0, 10, 20)
        logit = adversary(scaled_residual(predicted, true, 0.01))
        of_each = torch.nn.functional.cross_entropy(logit, of_class, reduction="none").detach()
        losses[dependent] = float(adversary_loss(logit, of_class).detach())
        errors[dependent] = float(of_each.std()) / math.sqrt(len(of_each))
    assert losses[False] > math.log(20) - 4 * errors[False]
    # Two laws 0.5 apart with spread 0.3 are told apart in 80 % of the events: 0.19 nats.
    assert losses[True] < math.log(20) - 0.1 - 4 * errors[True]


def test_pivot_pulls_towards_independence():
    predicted, true = toy(dependent=True)
    of_class = energy_class(true, 0, 10, 20)
    adversary = trained_adversary(scaled_residual(predicted, true, 0.01), of_class)
    bias = torch.zeros(2, requires_grad=True)  # added to scaled residuals below and above 5 GeV
    upper = (true > 5.0).long()
    moved = predicted + bias[upper] * true.clamp(min=0.01).sqrt()
    cross_entropy = adversary_loss(adversary(scaled_residual(moved, true, 0.01)), of_class)
    pivot_loss(torch.zeros(()), cross_entropy, weight=2.5).backward()
    # Downhill raises what lies low and lowers what lies high.
    assert float(bias.grad[0]) < 0 < float(bias.grad[1])


def test_uninformed_adversary_pulls_on_nothing():
    predicted = torch.tensor([1.0, 6.0], requires_grad=True)
    true = torch.tensor([2.0, 5.0])
    adversary = ResidualClassifier(ResidualClassifierConfig(), classes=20)
    for parameter in adversary[-1].parameters():
        torch.nn.init.zeros_(parameter)
    cross_entropy = adversary_loss(
        adversary(scaled_residual(predicted, true, 0.01)), energy_class(true, 0, 10, 20)
    )
    loss = pivot_loss((predicted - true).square().mean(), cross_entropy, weight=2.5)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(1.0 - 2.5 * math.log(20))
    assert predicted.grad.tolist() == [-1.0, 1.0]


def test_defaults_are_the_published_ones():
    assert PivotConfig() == PivotConfig(weight=2.5, classes=20)
    assert not DistanceCorrelationConfig().unbiased
