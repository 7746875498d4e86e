"""The flow of showers: layers hold what was drawn for them, whatever the network makes of the cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.cell_layout import window_layout
from showerkit.data.fixed_frame import FixedFrame
from showerkit.data.window_condition import WindowCondition
from showerkit.errors import ConfigurationError
from showerkit.geometry import load_detector
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
    flow = ShowerFlow(config, layout=window_layout(layers, 5), particles=2, threshold_mev=0.1).double()
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


@pytest.mark.parametrize("shape", [{}, None], ids=["with a shape", "without"])
def test_places_without_a_cell_stay_empty_and_layers_get_their_energies(shape: dict[str, int] | None) -> None:
    torch.manual_seed(2)
    frame = FixedFrame(load_detector("staggered-ecal"), depth_mm=30.0)
    config = ShowerFlowConfig(frame="fixed", shape=shape, network={"kind": "dense", "hidden": 8, "code": 8})
    flow = ShowerFlow(config, layout=frame.layout, threshold_mev=0.1).double()
    assert flow.velocity.cells_in.in_features == frame.layout.n_present == 640
    # Cells that are never hit come before places without one.
    flow.start_at(torch.zeros(flow.shape, dtype=torch.float64), torch.ones(flow.shape))
    chosen = torch.from_numpy(frame.layout.present).nonzero()[:, 0]
    assert torch.equal(flow.velocity.busiest.place, chosen)
    assert torch.equal(flow.marginals.head.busiest.place, chosen)
    for parameter in (*flow.velocity.parameters(), *flow.marginals.parameters()):
        torch.nn.init.normal_(parameter, std=0.3)
    layer_mev = 10.0 ** (2.0 * torch.randn(20, 8, dtype=torch.float64))
    condition, incident = torch.randn(20, 6, dtype=torch.float64), torch.full((20,), 5e4, dtype=torch.float64)
    normal = torch.randn(20, flow.normals, dtype=torch.float64)
    if shape is not None:
        normal[0, 0] = 50.0  # more hits than there are cells
    with torch.no_grad():
        hits, _ = flow.transport(condition, incident, layer_mev, normal)
    energy = hits.windows(20, flow.shape)
    assert not bool(energy.flatten(1)[:, ~torch.from_numpy(frame.layout.present)].any())
    expected = torch.where(layer_mev > 0.1, layer_mev, 0.0)
    torch.testing.assert_close(energy.sum(dim=(2, 3)), expected)
    assert bool(((energy == 0.0) | (energy > 0.1)).all())


def test_the_centre_is_told_from_the_line_of_flight() -> None:
    frame = FixedFrame(load_detector("staggered-ecal"), depth_mm=30.0)
    flow = ShowerFlow(ShowerFlowConfig(frame="fixed"), layout=frame.layout, threshold_mev=0.1).double()
    told = WindowCondition(mean=(1e3, 7.0, 0.0, 0.0, 0.3, -0.2), width=(1.0, 1.0, 0.1, 0.1, 2.0, 0.0))
    flow.see(told)
    offset = np.array([[1e3, 7.0, 0.0, 0.0, 4.1, -0.2], [1e3, 7.0, 0.0, 0.0, -2.5, -0.2]])
    origin = flow.origin(torch.from_numpy(told(offset)).double())
    torch.testing.assert_close(origin, torch.from_numpy(offset[:, 4:]), rtol=0.0, atol=1e-6)
    place = int(np.flatnonzero(frame.layout.present)[100])
    decades = torch.zeros(2, *flow.shape, dtype=torch.float64)
    decades.view(2, -1)[:, place] = 2.0
    measured = flow.shower_shape.measure(decades, (decades > 0.0).double(), origin)
    torch.testing.assert_close(measured[:, 2:4] + origin, flow.shower_shape.position[place].expand(2, 2))


def test_settings_of_windows_do_not_exist_where_there_are_none() -> None:
    for unused in ({"cells_across": 9}, {"mirror": False}):
        with pytest.raises(ValueError, match=f"no {next(iter(unused))} with frame 'fixed'"):
            ShowerFlowConfig(frame="fixed", **unused)
    with pytest.raises(ValueError, match="the others see cells side by side"):
        ShowerFlowConfig(frame="fixed", network=NETWORKS[1])
    for config in (ShowerFlowConfig(frame="fixed", depth_mm=3.0), ShowerFlowConfig(mirror=False)):
        assert ShowerFlowConfig.model_validate_json(config.model_dump_json()) == config
    # As before there was a choice.
    assert "frame" not in ShowerFlowConfig().model_dump()
    layout = FixedFrame(load_detector("staggered-ecal"), depth_mm=0.0).layout
    more = ShowerFlowConfig(frame="fixed", busiest_cells=641)
    with pytest.raises(ConfigurationError, match="at most 640, the cells that there are"):
        ShowerFlow(more, layout=layout, threshold_mev=0.1)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kind)
def test_networks_say_nothing_at_first(network: DenseVelocityConfig) -> None:
    velocity = build_window_velocity(network, shape=(2, 7, 7), told=3)
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


def test_few_steps_leave_normal_data_as_they_are_and_many_follow_the_velocity() -> None:
    """Two midpoint steps of the velocity itself left 0.98 of every number."""
    from showerkit.models.ode_solvers import integrate

    config = ShowerFlowConfig(cells_across=3, shape=None, network={"kind": "dense", "hidden": 16})
    flow = ShowerFlow(config, layout=window_layout(1, 3), threshold_mev=0.1)
    told_by = flow.inputs + flow.energies.told
    start, told = torch.randn(20, *flow.shape), torch.randn(20, told_by)
    few = FixedStepConfig(kind="midpoint", steps=2)
    torch.testing.assert_close(flow.carried(start, told, few), start)
    for parameter in flow.velocity.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    many = FixedStepConfig(kind="rk4", steps=200)
    with torch.no_grad():
        wanted = integrate(lambda t, x: flow.field(t, x, told), start, many)
        torch.testing.assert_close(flow.carried(start, told, many), wanted, rtol=1e-4, atol=1e-4)
        half = flow.carried(start, told, many, end=0.5)
        torch.testing.assert_close(flow.carried(half, told, many, begin=0.5), wanted, rtol=1e-4, atol=1e-4)
    assert bool((wanted - start).abs().max() > 0.1)


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
