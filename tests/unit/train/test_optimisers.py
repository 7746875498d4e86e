from __future__ import annotations

import pytest
import torch

from showerkit.train.optimiser_config import AdamOptimiser, AdamWOptimiser, RMSpropOptimiser
from showerkit.train.optimisers import build_optimiser


def first_step(config, weight=2.0, gradient=3.0, rate=0.1):
    parameter = torch.nn.Parameter(torch.tensor([weight]))
    optimiser = build_optimiser(config, [parameter], rate)
    parameter.grad = torch.tensor([gradient])
    optimiser.step()
    return float(parameter.detach()[0]) - weight


def test_the_first_steps_are_those_of_the_definitions():
    # Mean square (1 - decay) g^2, so that the step is rate / sqrt(1 - decay).
    assert first_step(RMSpropOptimiser(decay=0.75)) == pytest.approx(-0.1 / 0.5, rel=1e-5)
    # Adam's bias correction makes the first step the rate itself.
    assert first_step(AdamOptimiser()) == pytest.approx(-0.1, rel=1e-5)
    assert first_step(AdamWOptimiser(weight_decay=0.5)) == pytest.approx(-0.1 - 0.1 * 0.5 * 2.0, rel=1e-5)
