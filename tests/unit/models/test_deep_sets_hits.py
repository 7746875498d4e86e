from __future__ import annotations

import pytest
import torch

from showerkit.models.deep_sets_hits import DeepSetsHits
from showerkit.models.deep_sets_hits_config import DeepSetsHitsConfig
from showerkit.models.hits import PaddedHits, padded_hits

TOY = (17, 8, 8)


def sparse(n: int, channels: int = 1, seed: int = 1) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    share = torch.rand(n, 1, 1, 1, 1, generator=random) * 0.3
    values = torch.rand((n, channels, *TOY), generator=random) + 0.1
    return values * (torch.rand((n, channels, *TOY), generator=random) < share)


def network(**changes: object) -> DeepSetsHits:
    torch.manual_seed(3)
    made = DeepSetsHits(DeepSetsHitsConfig(**changes), TOY, outputs=2).double()
    torch.nn.init.normal_(made.layer_weights)
    return made


@pytest.mark.parametrize("channels", [1, 2])
def test_hits_are_those_that_a_loop_finds(channels):
    images = sparse(7, channels)
    hits = padded_hits(images, 0.5)
    for event, image in enumerate(images):
        cells = image.reshape(channels, -1).T
        wanted = [i for i in range(len(cells)) if (cells[i] > 0.5).any()]
        kept = hits.mask[event]
        assert hits.cell[event, kept].tolist() == wanted
        assert torch.equal(hits.values[event, kept], cells[wanted])
        assert not hits.values[event, ~kept].any()
        assert not hits.mask[event, len(wanted) :].any()
    assert hits.mask.shape[1] == hits.mask.sum(dim=1).max()


def test_nothing_hit_leaves_one_empty_place():
    hits = padded_hits(torch.zeros(2, 1, *TOY))
    assert hits.cell.shape == (2, 1)
    assert not hits.mask.any()


@pytest.mark.parametrize("inputs", [("charged-tracks",), ("charged-tracks", "deposits")])
def test_the_order_of_hits_and_padding_change_nothing(inputs):
    model = network(inputs=inputs)
    hits = padded_hits(sparse(6, len(inputs)).double())
    order = torch.argsort(torch.rand(hits.cell.shape), dim=1)
    mixed = PaddedHits(
        hits.cell.gather(1, order),
        hits.values.gather(1, order[:, :, None].expand_as(hits.values)),
        hits.mask.gather(1, order),
    )
    assert not torch.equal(mixed.cell, hits.cell)
    torch.testing.assert_close(model.of_hits(mixed), model.of_hits(hits), rtol=1e-12, atol=1e-12)
    wider = PaddedHits(
        *(torch.cat([part, torch.zeros_like(part[:, :5])], dim=1) for part in vars(hits).values())
    )
    torch.testing.assert_close(model.of_hits(wider), model.of_hits(hits), rtol=1e-12, atol=1e-12)


def test_the_place_of_a_hit_matters():
    model = network()
    cells = torch.zeros(3, *TOY, dtype=torch.float64)
    cells[0, 3, 4, 4] = cells[1, 9, 4, 4] = cells[2, 3, 4, 5] = 2.0
    found = model(cells)[:, 0]
    assert len(set(found.tolist())) == 3


def test_cells_below_the_threshold_are_not_seen():
    model = network(hit_threshold=1.0)
    cells = 2.0 * sparse(4)[:, 0].double()
    torch.testing.assert_close(model(cells), model(cells * (cells > 1.0)))


def test_the_direct_part_is_linear_in_the_layer_sums():
    model = network(input_scale=(5.0,))
    torch.nn.init.zeros_(model.output.weight)
    cells = sparse(4)[:, 0].double()
    weights = model.layer_weights[0, :, 0]
    linear = (cells.sum(dim=(2, 3)) / 5.0) @ weights + model.output.bias[0]
    torch.testing.assert_close(model(cells)[:, 0], linear)
