"""The kind of a configuration tells which network is built."""

from __future__ import annotations

import torch

from showerkit.models.entry_window import EntryWindowGenerator
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value import MaskValueGenerator
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model

WINDOW = EntryWindowConfig(cells_across=3, random_inputs=2, hidden=4, hidden_layers=1)


def test_each_kind_has_its_network() -> None:
    assert isinstance(build_model(MaskValueConfig(hidden=2), seed=1), MaskValueGenerator)
    assert isinstance(build_model(WINDOW, seed=1), EntryWindowGenerator)


def test_more_layers_need_more_weights() -> None:
    one, three = (
        sum(tensor.numel() for tensor in build_model(WINDOW, seed=1, layers=layers).state_dict().values())
        for layers in (1, 3)
    )
    assert three > one


def test_a_seed_decides_the_weights_and_nothing_else() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (build_model(WINDOW, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
