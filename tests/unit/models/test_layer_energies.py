"""Energies of layers: they sum to the total, and shares come back from what the flow learns."""

from __future__ import annotations

import pytest
import torch

from showerkit.models.layer_energies import LayerEnergies
from showerkit.models.shower_flow_config import LayerEnergiesConfig

SMALL = LayerEnergiesConfig(transforms=2, hidden=8, layers=1)


def energies(layers: int) -> LayerEnergies:
    torch.manual_seed(1)
    return LayerEnergies(SMALL, layers=layers, inputs=6, threshold_mev=0.1).double()


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_layers_share_a_total_below_the_incident_energy(layers: int) -> None:
    flow = energies(layers)
    random = torch.Generator().manual_seed(2)
    condition = torch.randn(64, 6, generator=random, dtype=torch.float64)
    normal = torch.randn(64, flow.normals, generator=random, dtype=torch.float64)
    incident = torch.full((64,), 500.0, dtype=torch.float64)
    with torch.no_grad():
        layer_mev = flow.draw(condition, incident, normal)
        total = flow.total.total_mev(condition, incident, normal[:, 0])
    assert layer_mev.shape == (64, layers)
    assert bool((layer_mev > 0.0).all())
    torch.testing.assert_close(layer_mev.sum(dim=1), total)
    assert bool((total < 500.0).all())


@pytest.mark.parametrize("layers", [2, 5])
def test_the_flow_learns_what_draw_undoes(layers: int) -> None:
    flow = energies(layers)
    random = torch.Generator().manual_seed(3)
    layer_mev = 1.0 + 50.0 * torch.rand(32, layers, generator=random, dtype=torch.float64)
    incident = torch.full((32,), 1e3, dtype=torch.float64)
    condition = torch.zeros(32, 6, dtype=torch.float64)
    u = flow.share_logits(layer_mev, torch.zeros(32, 1, dtype=torch.float64))
    assert flow.shares is not None
    assert u.shape == (32, flow.shares.features)
    with torch.no_grad():
        told = flow.share_condition(condition, incident, layer_mev.sum(dim=1))
        normal = flow.shares.normal(u, told)
        z, _ = flow.total(condition, incident, layer_mev.sum(dim=1))
        again = flow.draw(condition, incident, torch.cat([z[:, None], normal], dim=1))
    torch.testing.assert_close(again, layer_mev, rtol=1e-4, atol=1e-4)


def test_empty_layers_lie_below_the_threshold() -> None:
    flow = energies(3)
    spread = flow.spread_out(torch.tensor([[0.0, 5.0, 0.0]]), torch.tensor([[0.0, 0.5, 1.0]]))
    torch.testing.assert_close(spread, torch.tensor([[0.1, 5.0, 0.01]]))


def test_the_code_tells_layers_apart_in_widths() -> None:
    flow = energies(4)
    random = torch.Generator().manual_seed(4)
    sample = torch.exp(torch.randn(2000, 4, generator=random, dtype=torch.float64)) * 10.0
    flow.standardise(sample)
    code = flow.code(torch.full((2000,), 1e4, dtype=torch.float64), sample)
    assert code.shape == (2000, flow.told)
    mean, width = code[:, 2:].mean(dim=0), code[:, 2:].std(dim=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), rtol=0, atol=1e-6)
    torch.testing.assert_close(width, torch.ones_like(width), rtol=0, atol=1e-4)
