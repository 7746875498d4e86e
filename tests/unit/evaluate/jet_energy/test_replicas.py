"""Weights in replicas that are drawn block by block: the same figures, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from showerkit.evaluate.bootstrap import BootstrapWeights
from showerkit.evaluate.jet_energy import replicas
from showerkit.evaluate.jet_energy import response as response_file
from showerkit.evaluate.jet_energy.pile_up import pile_up_slope
from showerkit.evaluate.jet_energy.replicas import ReplicaWeights, replica_sums
from showerkit.evaluate.jet_energy.response import jet_response

LEVELS = (0.15865525393145707, 0.5, 0.8413447460685429)


def jets(n, seed=1):
    """Two jets an event in random order, unequal weights, three bins and values."""
    random = np.random.default_rng(seed)
    event = random.permutation(np.repeat(np.arange(n // 2) * 3 + 5, 2))
    return event, random.uniform(0.5, 1.5, size=n), random.integers(-1, 3, size=n), random.normal(1.0, 0.1, n)


def all_at_once(event, measured, seed, number):
    """The weights as one array, shape (N, R)."""
    numbers, place = np.unique(event, return_inverse=True)
    return BootstrapWeights(seed, number).rows(0, len(numbers))[place] * measured[:, None]


def test_blocks_hold_every_jet_once_with_the_weights_of_its_event(monkeypatch):
    event, measured, _, _ = jets(20_000)
    wanted = all_at_once(event, measured, 3, 5)
    monkeypatch.setattr(replicas, "_KEPT_BYTES", 4096 * 6)
    weights = ReplicaWeights(measured, event, seed=3, replicas=5)
    for _ in range(2):
        found, seen = np.zeros_like(wanted), np.zeros(len(event), int)
        for rows, drawn in weights.blocks():
            assert len(rows) <= 8192
            found[rows] = drawn
            seen[rows] += 1
        assert (seen == 1).all()
        np.testing.assert_array_equal(found, wanted)
    assert len(weights._kept) == 1


def test_sums_and_slopes_are_those_of_the_whole_array():
    event, measured, bins, values = jets(12_000)
    whole = all_at_once(event, measured, 2, 7)
    drawn = ReplicaWeights(measured, event, seed=2, replicas=7)
    total, first = replica_sums(bins, 3, drawn, [values])
    for number in range(3):
        rows = bins == number
        np.testing.assert_allclose(total[:, number], whole[rows].sum(axis=0))
        np.testing.assert_allclose(first[:, number], values[rows] @ whole[rows])
    mu = np.random.default_rng(4).poisson(40.0, size=len(event)).astype(float)
    one, other = (pile_up_slope(bins, 3, each, values, mu) for each in (whole, drawn))
    np.testing.assert_allclose(one, other)


def exact_quantiles(values, weights):
    """First of the rising values with at least a share of the weight up to it."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order], axis=0)
    return [values[order][(below < level * below[-1]).sum(axis=0)] for level in LEVELS]


@pytest.mark.parametrize(("n", "exact"), [(3000, True), (90_000, False)])
def test_quantiles_are_exact_for_few_jets_and_good_to_a_small_part_of_their_error_for_many(n, exact):
    event, measured, bins, values = jets(n)
    whole = all_at_once(event, measured, 2, 60)
    found = jet_response(bins, 3, ReplicaWeights(measured, event, seed=2, replicas=60), values)
    for number in range(3):
        rows = bins == number
        low, median, high = exact_quantiles(values[rows], whole[rows])
        if exact:
            np.testing.assert_array_equal(found.median[:, number], median)
            np.testing.assert_allclose(found.core[:, number], 0.5 * (high - low))
            continue
        for one, other in ((found.median[:, number], median), (found.core[:, number], 0.5 * (high - low))):
            assert np.abs(one - other).max() < 0.1 * other[1:].std()


def test_quantiles_of_equal_weights_are_exact_however_many_jets_share_a_cell(monkeypatch):
    monkeypatch.setattr(response_file, "_MOST_CELLS", 3)
    monkeypatch.setattr(response_file, "_FEWEST_CELLS", 3)
    _, _, bins, values = jets(5000)
    found = jet_response(bins, 3, np.ones((5000, 2)), values)
    for number in range(3):
        inside = values[bins == number]
        low, median, high = exact_quantiles(inside, np.ones((len(inside), 1)))
        assert found.median[:, number].tolist() == [median[0]] * 2
        np.testing.assert_allclose(found.core[:, number], 0.5 * (high[0] - low[0]))


def peak_bytes(n):
    """Memory at its highest while a law and its errors are found, beside the jets themselves."""
    event, measured, bins, values = jets(n)
    tracemalloc.start()
    try:
        jet_response(bins, 3, ReplicaWeights(measured, event, seed=2, replicas=100), values)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_jets_times_replicas(monkeypatch):
    monkeypatch.setattr(replicas, "_KEPT_BYTES", 0)
    few, many = peak_bytes(50_000), peak_bytes(200_000)
    # A handful of numbers of eight bytes for each jet, not one for each replica.
    assert (many - few) / 150_000 < 200
