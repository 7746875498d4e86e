"""Energies of layers: they sum to the total, and hits stay hits."""

from __future__ import annotations

import pytest
import torch

from showerkit.models.layer_energies import LayerEnergies, layers_of_total
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
    flow.standardise_several(layer_mev)
    assert flow.several is not None
    with torch.no_grad():
        told = flow.told_of_total(condition, incident, layer_mev.sum(dim=1))
        normal = flow.several.normal(flow.numbers(layer_mev), told)
        z, _ = flow.total(condition, incident, layer_mev.sum(dim=1))
        again = flow.draw(condition, incident, torch.cat([z[:, None], normal], dim=1))
    torch.testing.assert_close(again, layer_mev, rtol=1e-4, atol=1e-4)


def test_empty_layers_lie_below_the_threshold() -> None:
    flow = energies(3)
    spread = flow.spread_out(torch.tensor([[0.0, 5.0, 0.0]]), torch.tensor([[0.0, 0.5, 1.0]]))
    torch.testing.assert_close(spread, torch.tensor([[0.1, 5.0, 0.01]]))


def test_empty_layers_are_normal_numbers_to_the_flow() -> None:
    flow = energies(3)
    random = torch.Generator().manual_seed(6)
    uniform = torch.rand(4000, 3, generator=random, dtype=torch.float64)
    numbers = flow.numbers(flow.spread_out(torch.zeros(4000, 3, dtype=torch.float64), uniform))
    assert float(numbers.max()) < 1.0
    # Mean and width, with their errors from 12,000 numbers.
    assert abs(float(numbers.mean()) + 4.0) < 4.0 / 12_000**0.5
    assert abs(float(numbers.std()) - 1.0) < 4.0 / 24_000**0.5


def test_all_showers_of_the_sample_lie_within_the_splines() -> None:
    flow = energies(3)
    random = torch.Generator().manual_seed(7)
    layer_mev = torch.full((5000, 3), 20.0, dtype=torch.float64)
    rare = torch.rand(5000, 3, generator=random) < torch.tensor([0.0, 0.001, 0.5])
    uniform = torch.rand(5000, 3, generator=random, dtype=torch.float64)
    layer_mev = flow.spread_out(torch.where(rare, layer_mev, 0.0), uniform)
    flow.standardise_several(layer_mev)
    assert flow.several is not None
    standardised = (flow.numbers(layer_mev) - flow.several.mean) / flow.several.width
    assert float(standardised.abs().max()) < 5.0


def test_layers_are_brought_to_the_total() -> None:
    u = torch.tensor([[-3.0, 1.0, 2.0], [-3.0, 1.0, 2.0], [-4.0, -2.0, -3.0], [9.0, 9.0, 9.0]])
    over = torch.tensor([1.0, 2.0, 40.0]).expand(4, 3)
    total = torch.tensor([5.0, 0.15, 7.0, 0.05])
    made = layers_of_total(u, over, torch.zeros(4, 3), total, 0.1)
    hit = made > 0.1
    # Two hits; room for one; none drawn, so the nearest; no energy for any.
    assert hit.tolist() == [[False, True, True], [False, False, True], [False, True, False], [False] * 3]
    assert bool((made[~hit] == torch.tensor(0.01)).all())
    torch.testing.assert_close(made.sum(dim=1)[[0, 2]], total[[0, 2]])
    # The layer that lost its hit has 0.01 MeV as well.
    torch.testing.assert_close(made[1].sum(), total[1] + 0.01)
    # What is missing goes to the layers as the squares of their energies.
    changes = made[0, 1:] - 0.1 - 0.1 * over[0, 1:]
    torch.testing.assert_close(changes[0] / changes[1], torch.tensor(1.0 / 400.0), rtol=1e-2, atol=0)


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
