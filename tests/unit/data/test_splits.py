from __future__ import annotations

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.data.splits import SplitConfig
from showerkit.errors import ConfigurationError

PARTS = ("train", "validation", "calibration", "test")


def test_every_event_is_in_one_part_in_the_asked_shares():
    split, n = SplitConfig(validation=0.15, calibration=0.1, test=0.25, seed=3), 200_000
    chosen = np.stack([split.selects(part, np.arange(n)) for part in PARTS])
    assert (chosen.sum(axis=0) == 1).all()
    for share, expected in zip(chosen.mean(axis=1), (0.5, 0.15, 0.1, 0.25), strict=True):
        assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / n)


def test_an_events_part_depends_on_nothing_but_its_id():
    split = SplitConfig(validation=0.5)
    ids = np.random.default_rng(1).permutation(5000)
    alone = split.selects("validation", np.array([4321]))
    assert split.selects("validation", ids)[ids == 4321] == alone


def test_parts_of_different_seeds_are_independent():
    a, b = (
        SplitConfig(validation=0.5, seed=seed).selects("validation", np.arange(40_000)) for seed in (0, 1)
    )
    assert abs(np.mean(a == b) - 0.5) < 5 * 0.5 / np.sqrt(40_000)


def test_neighbouring_ids_are_independent():
    chosen = SplitConfig(validation=0.5).selects("validation", np.arange(40_000))
    assert abs(np.corrcoef(chosen[1:], chosen[:-1])[0, 1]) < 5 / np.sqrt(40_000)


def test_all_and_none():
    split = SplitConfig(validation=0.0, test=0.0)
    ids = np.arange(1000)
    assert split.selects("all", ids).all()
    assert split.selects("train", ids).all()
    assert not split.selects("validation", ids).any()


@pytest.mark.parametrize("values", [{"validation": 1.0}, {"validation": 0.6, "test": 0.5}, {"test": -0.1}])
def test_impossible_shares_are_refused(values):
    with pytest.raises(ConfigurationError):
        parse_config(SplitConfig, values, source="recipe")
