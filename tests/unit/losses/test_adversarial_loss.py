from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from showerkit.losses.adversarial import discriminator_loss, generator_loss
from showerkit.losses.adversarial_config import SoftLabels
from showerkit.losses.gradient_penalty import r1_penalty

LABELS = [SoftLabels(), SoftLabels(real=0.8, fake=0.2), SoftLabels(real=0.73, fake=0.27)]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("share_real", [0.3, 0.5, 0.8])
def test_best_discriminator(labels: SoftLabels, share_real: float) -> None:
    """Where real and made showers have densities p and q, the loss is least at D = (a p + b q) / (p + q)."""
    n = 1000
    best = labels.real * share_real + labels.fake * (1 - share_real)
    logit = torch.tensor(math.log(best / (1 - best)), dtype=torch.float64, requires_grad=True)
    real = round(n * share_real)
    # Of n showers of this kind, so many are real: the two means are weighted accordingly.
    loss = (
        real * 2 * discriminator_loss(logit.expand(1), logit.expand(1).detach(), labels)
        + (n - real) * 2 * discriminator_loss(logit.expand(1).detach(), logit.expand(1), labels)
    ) / n
    (gradient,) = torch.autograd.grad(loss, logit)
    assert gradient.item() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("labels", LABELS)
def test_generator_loss_is_least_where_it_passes_as_real(labels: SoftLabels) -> None:
    logits = torch.linspace(-6, 6, 4001, dtype=torch.float64)
    losses = torch.stack([generator_loss(logit[None], labels) for logit in logits])
    best = logits[losses.argmin()].sigmoid().item()
    assert best == pytest.approx(labels.real, abs=2e-3) or (labels.real == 1.0 and best > 0.99)


def test_generator_learns_even_if_the_discriminator_is_sure() -> None:
    logit = torch.tensor([-40.0], requires_grad=True)
    generator_loss(logit, SoftLabels()).backward()
    assert logit.grad.item() == pytest.approx(-1.0)


def test_labels_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="real showers above"):
        SoftLabels(real=0.3, fake=0.7)


def test_penalty_of_a_linear_discriminator_is_half_its_squared_slope() -> None:
    slope = torch.randn(7, dtype=torch.float64, requires_grad=True)
    image = torch.randn(5, 7, dtype=torch.float64, requires_grad=True)
    penalty = r1_penalty(image @ slope, image)
    assert penalty.item() == pytest.approx(0.5 * slope.detach().square().sum().item())
    (gradient,) = torch.autograd.grad(penalty, slope)
    assert torch.allclose(gradient, slope.detach())
