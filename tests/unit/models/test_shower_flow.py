"""The flow of showers: layers hold what was drawn for them, whatever the network makes of the cells."""

from __future__ import annotations

import pytest
import torch

from showerkit.errors import ConfigurationError
from showerkit.models.gaussian_velocity import with_gaussian_part
from showerkit.models.lit_cells import scaled_hits
from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig, chosen_solver
from showerkit.models.shower_flow import ShowerFlow
from showerkit.models.shower_flow_config import ShowerFlowConfig
from showerkit.models.window_velocity import build_window_velocity
from showerkit.models.window_velocity_config import (
    DenseVelocityConfig,
    PatchVelocityConfig,
    UNetVelocityConfig,
)

NETWORKS = (
    DenseVelocityConfig(hidden=8, blocks=2, code=8),
    PatchVelocityConfig(hidden=8, heads=2, blocks=2, code=8),
    UNetVelocityConfig(hidden=4, code=8),
)


def test_hits_are_scaled_and_stay_above_the_threshold() -> None:
    random = torch.Generator().manual_seed(1)
    energy = torch.exp(2.0 * torch.randn(500, 2, 25, generator=random, dtype=torch.float64))
    energy = torch.where(torch.rand(500, 2, 25, generator=random) < 0.3, energy, 0.0)
    energy[:, :, 0] = 1.0
    sums = 0.11 + torch.exp(2.0 * torch.randn(500, 2, generator=random, dtype=torch.float64))
    owner = torch.arange(1000).repeat_interleave(25).view(energy.shape)
    some = energy > 0.0
    made = torch.zeros_like(energy)
    made[some] = scaled_hits(energy[some], owner[some], sums.flatten(), 0.1)
    torch.testing.assert_close(made.sum(dim=2), sums, rtol=1e-6, atol=1e-9)
    hit = made > 0.0
    assert bool((made[hit] > 0.1).all())
    assert not bool((hit & (energy == 0.0)).any())
    # As many hits as there is energy for, and none lost where there is enough.
    enough = sums / 0.1 > 30.0
    assert torch.equal(hit[enough], (energy > 0.0)[enough])


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kind)
@pytest.mark.parametrize("layers", [1, 3])
def test_cells_sum_to_the_energies_of_layers(network: DenseVelocityConfig, layers: int) -> None:
    torch.manual_seed(1)
    config = ShowerFlowConfig(cells_across=5, network=network, solver=FixedStepConfig(kind="euler", steps=2))
    flow = ShowerFlow(config, layers=layers, particles=2, threshold_mev=0.1).double()
    for parameter in flow.velocity.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    layer_mev = torch.tensor([[0.05, 0.2, 30.0], [4000.0, 0.0, 0.1]], dtype=torch.float64)[:, :layers]
    condition, incident = torch.randn(2, 8, dtype=torch.float64), torch.full((2,), 5e3, dtype=torch.float64)
    normal = torch.randn(2, flow.normals, dtype=torch.float64)
    with torch.no_grad():
        hits, probit = flow.transport(condition, incident, layer_mev, normal)
    energy = hits.windows(2, flow.shape)
    assert energy.shape == probit.shape == (2, layers, 5, 5)
    expected = torch.where(layer_mev > 0.1, layer_mev, 0.0)
    torch.testing.assert_close(energy.sum(dim=(2, 3)), expected)
    assert bool(((energy == 0.0) | (energy > 0.1)).all())


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kind)
def test_networks_say_nothing_at_first(network: DenseVelocityConfig) -> None:
    velocity = build_window_velocity(network, layers=2, across=7, told=3)
    state, told = torch.randn(4, 2, 7, 7), torch.randn(4, 3)
    assert torch.equal(velocity(torch.rand(4), state, told), torch.zeros_like(state))
    for parameter in velocity.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    some = velocity(torch.rand(4), state, told)
    assert bool((some != velocity(torch.rand(4), state, told + 1.0)).any())


def test_normal_data_stay_normal() -> None:
    """With f = 0 the exact flow between two standard normal laws is back where it began at t = 1."""
    from showerkit.models.ode_solvers import integrate

    start = torch.randn(50, 2, dtype=torch.float64)
    solver = FixedStepConfig(kind="rk4", steps=20, crowding=1.0)
    end = integrate(lambda t, x: with_gaussian_part(t, x, torch.zeros_like(x)), start, solver)
    torch.testing.assert_close(end, start, rtol=1e-5, atol=1e-5)


def test_a_solver_is_chosen_by_name_and_steps() -> None:
    own = FixedStepConfig(kind="midpoint", steps=8, crowding=1.2)
    assert chosen_solver(own) == own
    assert chosen_solver(own, steps=3) == FixedStepConfig(kind="midpoint", steps=3, crowding=1.2)
    assert chosen_solver(own, kind="euler") == FixedStepConfig(kind="euler", steps=8, crowding=1.2)
    assert chosen_solver(own, kind="dormand-prince") == AdaptiveStepConfig()
    assert chosen_solver(AdaptiveStepConfig(), kind="heun", steps=2).evaluations == 4  # type: ignore[union-attr]
    with pytest.raises(ConfigurationError, match="midpoint"):
        chosen_solver(own, kind="midpiont")
    with pytest.raises(ConfigurationError, match="chooses its steps itself"):
        chosen_solver(own, kind="dormand-prince", steps=3)
    with pytest.raises(ConfigurationError, match="steps"):
        chosen_solver(own, steps=0)
