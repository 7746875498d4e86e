from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.logarithmic_bins import logarithmic_bins


@pytest.mark.parametrize(("bins", "fewest"), [(1, 1), (12, 20), (200, 50), (12, 10_000)])
def test_every_value_is_in_one_bin_and_none_holds_too_few(bins, fewest):
    rising = np.sort(np.random.default_rng(1).uniform(30.0, 2000.0, size=3000))
    starts = logarithmic_bins(rising, bins, fewest)
    sizes = np.diff(np.append(starts, len(rising)))
    assert starts[0] == 0
    assert 1 <= len(starts) <= bins
    assert sizes.sum() == len(rising)
    assert len(starts) == 1 or sizes.min() >= fewest


def test_with_values_enough_bins_are_equal_in_the_logarithm():
    rising = np.geomspace(30.0, 2000.0, 4001)
    starts = logarithmic_bins(rising, 10, 20)
    np.testing.assert_allclose(np.log(rising[starts[1:]] / 30.0), np.log(2000 / 30) * np.arange(1, 10) / 10,
                               atol=2e-3)  # fmt: skip


def test_values_of_0_and_below_belong_to_the_lowest_bin():
    rising = np.concatenate([[-5.0, 0.0, 1e-9], np.geomspace(1.0, 1000.0, 101)])
    starts = logarithmic_bins(rising, 3, 1)
    assert starts.tolist() == [0, *(3 + np.array([34, 67])).tolist()]


def test_equal_values_are_one_bin():
    assert logarithmic_bins(np.full(50, 7.0), 5, 1).tolist() == [0]
