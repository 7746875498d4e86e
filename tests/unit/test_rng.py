"""Random streams depend on the seed, the purpose and the indices, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.rng import event_seeds, generator

SEEDS = st.integers(0, 2**63)


@given(SEEDS)
def test_same_name_same_stream(seed):
    assert (generator(seed, "a", 1).random(4) == generator(seed, "a", 1).random(4)).all()


@pytest.mark.parametrize(
    "other", [(2, "a", (1,)), (1, "b", (1,)), (1, "a", (2,)), (1, "a", (1, 0)), (1, "a", ())]
)
def test_other_name_other_stream(other):
    seed, purpose, indices = other
    first, second = generator(1, "a", 1).random(4), generator(seed, purpose, *indices).random(4)
    assert (first != second).all()


def test_no_index_is_not_index_zero():
    assert generator(1, "a").random() != generator(1, "a", 0).random()


@given(SEEDS, st.lists(st.integers(0, 2**40), min_size=1, max_size=20, unique=True))
def test_an_event_has_its_seeds_whatever_is_asked_with_it(seed, ids):
    ids = np.array(ids)
    together = event_seeds(seed, "geant4", ids)
    for row, event in zip(together, ids, strict=True):
        assert (event_seeds(seed, "geant4", np.array([event]))[0] == row).all()


def test_event_seeds_are_in_geant4s_range_and_spread_over_it():
    seeds = event_seeds(1, "geant4", np.arange(100_000))
    assert seeds.shape == (100_000, 2)
    assert seeds.min() >= 1
    assert seeds.max() <= 2**31 - 2
    # Uniform numbers: the mean is within five standard errors, (b - a) / sqrt(12 n), of the middle.
    error = 2**31 / np.sqrt(12 * len(seeds))
    assert np.abs(seeds.mean(axis=0) - 2**30).max() < 5 * error
    # The two seeds of an event have nothing to do with each other: |r| < 5 / sqrt(n).
    assert abs(np.corrcoef(seeds.T)[0, 1]) < 5 / np.sqrt(len(seeds))


def test_pairs_of_seeds_do_not_repeat():
    seeds = event_seeds(1, "geant4", np.arange(100_000))
    assert len(np.unique(seeds, axis=0)) == len(seeds)
