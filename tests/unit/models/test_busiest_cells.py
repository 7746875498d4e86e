"""Networks that see the busiest cells alone: the others stay as they are on average."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from showerkit.data.cell_layout import window_layout
from showerkit.errors import ConfigurationError
from showerkit.models.busiest_cells import BusiestCells, BusiestHead
from showerkit.models.cell_marginals import CellMarginals
from showerkit.models.shower_flow import ShowerFlow
from showerkit.models.shower_flow_config import CellMarginalsConfig, ShowerFlowConfig

SHARE = torch.tensor([0.0, 0.4, 0.01, 0.9, 0.2, 0.0, 0.001, 0.7, 0.3])


def test_what_is_taken_can_be_put_back() -> None:
    busiest = BusiestCells(4, 9)
    busiest.choose(SHARE)
    assert busiest.place.tolist() == [1, 3, 7, 8]
    values, others = torch.randn(5, 9), torch.full((9,), -1.0)
    back = busiest.put(busiest.taken(values), others)
    chosen = torch.zeros(9, dtype=torch.bool)
    chosen[busiest.place] = True
    torch.testing.assert_close(back[:, chosen], values[:, chosen])
    assert bool((back[:, ~chosen] == -1.0).all())


def test_channels_follow_one_another() -> None:
    busiest = BusiestCells(1, 3, channels=2)
    busiest.choose(torch.tensor([0.0, 0.0, 1.0]))
    assert busiest.put(torch.tensor([[5.0, 6.0]]), torch.zeros(6)).tolist() == [[0, 0, 5, 0, 0, 6]]


def test_more_cells_than_there_are_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="busiest_cells"):
        BusiestCells(10, 9)


def test_others_are_hit_as_often_as_in_the_sample() -> None:
    torch.manual_seed(1)
    marginals = CellMarginals(CellMarginalsConfig(hidden=4), layout=window_layout(1, 3), told=2, busiest=5)
    marginals.start_at(SHARE.view(1, 3, 3), torch.ones(1, 3, 3))
    before = torch.special.ndtr(marginals(torch.randn(6, 2)).probit)
    torch.testing.assert_close(before.flatten(1), SHARE.expand(6, -1), rtol=1e-4, atol=1e-6)
    torch.nn.init.normal_(marginals.head.inner.weight)
    after = torch.special.ndtr(marginals(torch.randn(6, 2)).probit).flatten(1)
    changed = (after - SHARE).abs().amax(dim=0) > 1e-3
    assert changed.nonzero()[:, 0].tolist() == [1, 3, 4, 7, 8]


def test_others_of_a_layer_move_together() -> None:
    torch.manual_seed(3)
    config = CellMarginalsConfig(hidden=4, others="by-layer")
    marginals = CellMarginals(config, layout=window_layout(2, 3), told=2, busiest=5)
    share = torch.stack([SHARE, SHARE.flip(0)]).view(2, 3, 3).clamp(min=1e-4)
    marginals.start_at(share, torch.ones(2, 3, 3))
    average = marginals(torch.zeros(1, 2)).probit.flatten(1)
    torch.testing.assert_close(torch.special.ndtr(average), share.view(1, -1), rtol=1e-3, atol=1e-6)
    torch.nn.init.normal_(marginals.head.of_layers.weight)
    unseen = marginals.head.busiest.rank() < 0
    raw = [6.0 * torch.atanh(one / 6.0) for one in (marginals(torch.randn(4, 2)).probit.flatten(1), average)]
    moved = (raw[0] - raw[1]).view(4, 2, 9)
    for layer, others in enumerate(unseen.view(2, 9)):
        by = moved[:, layer, others]
        assert by.abs().min() > 1e-3
        torch.testing.assert_close(by, by[:, :1].expand_as(by), rtol=1e-3, atol=1e-4)
    assert (moved[:, 0, unseen[:9]][:, 0] - moved[:, 1, unseen[9:]][:, 0]).abs().min() > 1e-3
    assert moved[:, ~unseen.view(2, 9)].abs().max() < 1e-4
    with pytest.raises(ValueError, match="there are no others"):
        ShowerFlowConfig(marginals=config)


def test_velocities_of_others_are_nothing_and_depend_on_nothing() -> None:
    config = ShowerFlowConfig(cells_across=3, busiest_cells=5, network={"kind": "dense", "hidden": 8})
    flow = ShowerFlow(config, layout=window_layout(1, 3), threshold_mev=0.1)
    flow.start_at(SHARE.view(1, 3, 3).numpy(), torch.ones(1, 3, 3).numpy())
    torch.nn.init.normal_(flow.velocity.cells_out.weight)
    told = torch.randn(2, flow.inputs + 2 + 5)
    state = torch.randn(2, 1, 3, 3, requires_grad=True)
    velocity = flow.velocity(torch.rand(2), state, told).flatten(1)
    assert velocity.abs().amin(dim=0).gt(0.0).nonzero()[:, 0].tolist() == [1, 3, 4, 7, 8]
    (gradient,) = torch.autograd.grad(velocity.sum(), state)
    assert gradient.flatten(1).abs().amin(dim=0).gt(0.0).nonzero()[:, 0].tolist() == [1, 3, 4, 7, 8]


def test_networks_of_images_need_all_cells() -> None:
    with pytest.raises(ValueError, match="busiest_cells"):
        ShowerFlowConfig(busiest_cells=5, network={"kind": "u-net"})


@pytest.mark.parametrize(("busiest", "others"), [(None, "average"), (5, "average"), (5, "by-layer")])
def test_single_hits_have_the_laws_of_all_cells(
    busiest: int | None, others: Literal["average", "by-layer"]
) -> None:
    torch.manual_seed(2)
    config = CellMarginalsConfig(hidden=4, scale="softplus", others=others)
    marginals = CellMarginals(config, layout=window_layout(1, 3), told=2, busiest=busiest)
    marginals.start_at(SHARE.view(1, 3, 3), torch.ones(1, 3, 3))
    last = marginals.head if busiest is None else marginals.head.inner
    torch.nn.init.normal_(last.weight)
    if others == "by-layer":
        torch.nn.init.normal_(marginals.head.of_layers.weight)
    told, middle = torch.randn(4, 2), marginals.scale(marginals.mean_decades[None])
    law, output = marginals(told), marginals.output(told)
    torch.testing.assert_close(marginals.probit(output), law.probit)
    event, place = torch.arange(4).repeat_interleave(9), torch.arange(9).repeat(4)
    location, log_spread = marginals.of_hits(output, middle, event, place)
    torch.testing.assert_close(location, law.location.flatten())
    torch.testing.assert_close(log_spread, law.log_spread.flatten())


@pytest.mark.parametrize("layers", [None, 2])
def test_an_exported_head_takes_any_number_of_showers(layers: int | None) -> None:
    torch.manual_seed(4)
    head = BusiestHead(4, BusiestCells(2, 6, channels=3), layers=layers)
    for one in head.parameters():
        torch.nn.init.normal_(one)
    program = torch.export.export(head, (torch.ones(3, 4),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    for showers in (2, 7):
        hidden = torch.randn(showers, 4)
        torch.testing.assert_close(program.module()(hidden), head(hidden))


def test_an_exported_graph_takes_any_number_of_showers() -> None:
    class Around(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.busiest = BusiestCells(2, 5)
            self.busiest.choose(torch.tensor([0.1, 0.8, 0.0, 0.5, 0.2]))

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            return self.busiest.put(self.busiest.taken(values), torch.zeros(5))

    program = torch.export.export(
        Around(), (torch.ones(3, 5),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )
    kept = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0])
    for showers in (2, 7):
        values = torch.rand(showers, 5)
        torch.testing.assert_close(program.module()(values), values * kept)
