from __future__ import annotations

import math

import pytest
import torch

from showerkit.losses.mask_value import MaskValueLossConfig, mask_value_loss


def test_perfect_prediction_costs_nothing() -> None:
    hit = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    target = hit * 0.3
    losses = mask_value_loss(
        (hit - 0.5) * 200.0, target, hit, target, MaskValueLossConfig(value_weight=500.0)
    )
    assert [float(part) for part in losses] == pytest.approx([0.0, 0.0, 0.0], abs=1e-30)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_mask_loss_is_least_at_the_true_share_of_hits(probability: float) -> None:
    """Cross entropy of a constant p against a share q of hits is least at p = q, where it is q's entropy."""
    hit = (torch.arange(100).reshape(1, 1, 10, 10) < 100 * probability).float()
    logit = torch.full_like(hit, math.log(probability / (1 - probability)), requires_grad=True)
    loss = mask_value_loss(
        logit, torch.zeros_like(hit), hit, torch.zeros_like(hit), MaskValueLossConfig()
    ).mask
    (gradient,) = torch.autograd.grad(loss.sum(), logit)
    entropy = -probability * math.log(probability) - (1 - probability) * math.log(1 - probability)
    assert loss.item() == pytest.approx(entropy, rel=1e-5)
    assert float(gradient.sum()) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("cells", "expected"), [("all", (0.5**2 + 1.0**2) / 4), ("hit", 0.5**2 / 1)])
def test_value_loss_averages_over_the_cells_asked_for(cells: str, expected: float) -> None:
    hit = torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(1, 1, 2, 2)
    value = torch.tensor([0.75, 1.0, 0.0, 0.0]).reshape(1, 1, 2, 2)
    target = torch.tensor([0.25, 0.0, 0.0, 0.0]).reshape(1, 1, 2, 2)
    config = MaskValueLossConfig.model_validate({"value_cells": cells, "value_weight": 200.0})
    losses = mask_value_loss(torch.zeros_like(hit), value, hit, target, config)
    assert float(losses.value) == pytest.approx(expected)
    assert float(losses.total) == pytest.approx(math.log(2) + 200.0 * expected)


def test_a_batch_without_hits_has_a_finite_loss_and_gradient() -> None:
    zero = torch.zeros(2, 1, 2, 2)
    value = torch.ones(2, 1, 2, 2, requires_grad=True)
    loss = mask_value_loss(zero, value, zero, zero, MaskValueLossConfig(value_cells="hit")).total
    (gradient,) = torch.autograd.grad(loss, value)
    assert loss.item() == pytest.approx(math.log(2))
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_target_of_a_cell_that_is_not_hit_never_reaches_the_hits_only_loss() -> None:
    hit = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
    config = MaskValueLossConfig(value_cells="hit")
    losses = [
        float(mask_value_loss(hit, hit, hit, torch.tensor([0.0, other]).reshape(1, 1, 1, 2), config).total)
        for other in (0.0, -7.0)
    ]
    assert losses[0] == losses[1]
