from __future__ import annotations

import numpy as np
from scipy.stats import kstest, norm

from showerkit.generate.event_random import event_normals, event_normals_32, event_uniforms


def test_an_event_is_the_same_alone_and_among_others() -> None:
    ids = np.array([5, 0, 10**12, 7])
    together = event_uniforms(3, "mask", ids, 6)
    for row, event in enumerate(ids):
        assert (event_uniforms(3, "mask", np.array([event]), 6)[0] == together[row]).all()
    assert (event_uniforms(3, "mask", ids, 3) == together[:, :3]).all()


def test_seeds_purposes_events_and_places_never_share_numbers() -> None:
    ids = np.arange(50)
    draws = [event_uniforms(seed, purpose, ids, 40) for seed in (1, 2) for purpose in ("mask", "value")]
    assert len(np.unique(np.stack(draws))) == 4 * 50 * 40


def test_numbers_are_uniform_and_uncorrelated() -> None:
    n, k = 5000, 40
    u = event_uniforms(9, "mask", np.arange(n), k)
    assert u.min() > 0.0
    assert u.max() < 1.0
    counts = np.histogram(u, 100, (0, 1))[0]
    expected = n * k / 100
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi2 - 99) < 4 * np.sqrt(2 * 99)
    centred = u - 0.5
    for a, b in ((centred[:, 1:], centred[:, :-1]), (centred[1:], centred[:-1])):
        assert abs(12 * (a * b).mean()) < 4 / np.sqrt(a.size)


def test_normals_have_the_moments_of_a_normal() -> None:
    z = event_normals(4, "noise", np.arange(4000), 25)
    n = z.size
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 4 * np.sqrt(96 / n)


def test_normal_numbers_of_single_precision_are_normal_and_independent() -> None:
    drawn = event_normals_32(3, "cells", np.arange(4000), 51)
    assert drawn.dtype == np.float32
    assert kstest(drawn.ravel(), "norm").pvalue > 1e-3
    # Four come from one word, and the next from another.
    for power in (1, 2):
        correlation = np.corrcoef(drawn[:, :5].T ** power) - np.eye(5)
        assert np.abs(correlation).max() < 4.0 / np.sqrt(len(drawn))
    assert np.array_equal(event_normals_32(3, "cells", np.array([17]), 51)[0], drawn[17])


def test_each_normal_number_of_single_precision_stands_for_a_range_as_probable_as_others() -> None:
    drawn = np.unique(event_normals_32(3, "cells", np.arange(20000), 100))
    assert len(drawn) == 65536  # missed with a probability of exp(-30) each
    # The mean of what is beyond the edge of the last: the density there over the probability.
    edge = norm.isf(1.0 / 65536)
    assert drawn[-1] == np.float32(65536 * norm.pdf(edge))
    assert abs(drawn.astype(np.float64).mean()) < 1e-9
    assert 0.0 < 1.0 - drawn.astype(np.float64).var() < 2e-6
