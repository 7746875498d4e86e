from __future__ import annotations

import pytest
import torch

from showerkit.models.cnn3d_config import CNN3DConfig
from showerkit.models.energy_registry import build_energy_model
from showerkit.models.portions import in_portions
from showerkit.models.residual3d_config import Residual3DConfig


@pytest.mark.parametrize("config", [CNN3DConfig(), Residual3DConfig(channels=(2, 4), hidden=4)])
def test_portions_change_neither_values_nor_gradients(config, monkeypatch):
    """70 showers are no whole number of portions."""
    torch.manual_seed(1)
    cells = torch.poisson(torch.rand(70, 17, 8, 8))
    found = []
    for at_once in (32, 70):
        monkeypatch.setattr("showerkit.models.portions._AT_ONCE", at_once)
        network = build_energy_model(config, (17, 8, 8), seed=1)
        output = network(cells)
        output.square().mean().backward()
        found.append([output.detach(), *(p.grad for p in network.parameters() if p.grad is not None)])
    for one, other in zip(*found, strict=True):
        scale = float(other.abs().max())
        torch.testing.assert_close(one, other, rtol=0.0, atol=3e-5 * scale)


@pytest.mark.parametrize("n", [0, 1, 32, 33, 64])
def test_every_shower_comes_back_in_its_place(n):
    images = torch.arange(float(n))[:, None]
    seen = []

    class Watched(torch.nn.Module):
        def forward(self, portion):
            seen.append(len(portion))
            return 2.0 * portion

    assert torch.equal(in_portions(Watched(), images), 2.0 * images)
    assert sum(seen) == n
    assert max(seen) <= 32
