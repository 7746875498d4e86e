"""Frechet and kernel distances of jets: Gaussians, brute force, the definition word for word."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from showerkit.evaluate.jets import frechet_extrapolated
from showerkit.evaluate.jets.batches import drawn_pair
from showerkit.evaluate.jets.frechet_extrapolated import extrapolated_frechet_distance
from showerkit.evaluate.jets.kernel_batches import batched_kernel_distance, polynomial_mmd

#: What batches have beside the whole sample is summed in single precision.
SINGLE = 2 * float(np.finfo(np.float32).eps)


def test_frechet_distance_of_gaussians():
    # Both samples are divided by the reference's largest magnitude s: d^2 s^2 = shift^2 + (1 - 2)^2 each.
    random = np.random.default_rng(1)
    n = 20_000
    one = random.normal(size=(n, 2))
    two = random.normal(size=(n, 2)) * 2.0 + [3.0, 0.0]
    scale = np.abs(one).max(axis=0)
    expected = (9.0 + 1.0) / scale[0] ** 2 + 1.0 / scale[1] ** 2
    found = extrapolated_frechet_distance(one, two, least_jets=5000, most_jets=20_000)
    # Sampling error of the samples themselves: of the shift (2 * 3 * sqrt(5 / n)) and of the widths.
    sampling = (6.0 * np.sqrt(5.0 / n) + 2 * 2 * 2.0 / np.sqrt(2 * n)) / scale.min() ** 2
    assert abs(found.value - expected) < 5 * sampling
    assert found.error < sampling


def test_frechet_moments_are_those_of_the_batches():
    random = np.random.default_rng(2)
    one, two = random.normal(size=(400, 4)), random.normal(0.3, 1.1, size=(300, 4))
    found = extrapolated_frechet_distance(
        one, two, least_jets=100, most_jets=300, points=4, batches=3, random=np.random.default_rng(7)
    )
    assert found.batch_jets == (100, 128, 180, 300)
    scale = np.abs(one).max(axis=0)
    random = np.random.default_rng(7)
    for size, distance in zip(found.batch_jets, found.distances, strict=True):
        values = []
        for _ in range(3):
            rows, columns = drawn_pair(400, 300, size, random)
            x, y = one[rows] / scale, two[columns] / scale
            c, d = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
            shift = x.mean(axis=0) - y.mean(axis=0)
            values.append(shift @ shift + np.trace(c + d - 2 * linalg.sqrtm(c @ d).real))
        assert distance == pytest.approx(np.mean(values), rel=SINGLE)


def test_frechet_moments_of_far_and_nearly_equal_features():
    # Far from 0, and a direction with 1e-6 of the variance: sums of squares would lose both.
    random = np.random.default_rng(6)
    table = random.normal([0.0, 1e4, -50.0], 1.0, size=(3000, 3))
    table[:, 2] = table[:, 0] + 1e-3 * table[:, 2]
    counts = np.stack([np.bincount(random.choice(3000, 2000), minlength=3000) for _ in range(4)])
    means, covariances = frechet_extrapolated._moments(table, counts.astype(np.int32))
    for count, mean, covariance in zip(counts, means, covariances, strict=True):
        rows = np.repeat(table, count, axis=0)
        expected = np.cov(rows, rowvar=False)
        # Rounding of 3000 products of spread 1, at random, over the 2000 jets of a batch.
        rounding = np.finfo(np.float32).eps * np.sqrt(3000) / 2000
        np.testing.assert_allclose(mean, rows.mean(axis=0), atol=10 * rounding, rtol=1e-12)
        np.testing.assert_allclose(covariance, expected, atol=10 * rounding)
        narrow = np.linalg.eigvalsh(covariance)[0]
        assert narrow == pytest.approx(np.linalg.eigvalsh(expected)[0], abs=10 * rounding)
        assert narrow > 100 * rounding


def test_frechet_chunks_do_not_matter(monkeypatch):
    one, two = np.random.default_rng(3).normal(size=(2, 500, 3))
    settings = {"least_jets": 200, "most_jets": 500, "points": 3, "batches": 2}
    found = extrapolated_frechet_distance(one, two, **settings)
    monkeypatch.setattr(frechet_extrapolated, "_CHUNK", 7)
    again = extrapolated_frechet_distance(one, two, **settings)
    np.testing.assert_allclose(again.distances, found.distances, rtol=SINGLE)


def test_frechet_fit_of_a_line():
    inverse = 1.0 / np.array([100.0, 200.0, 400.0, 500.0])
    value, error = frechet_extrapolated._intercept(inverse, 0.3 + 4.0 * inverse)
    assert value == pytest.approx(0.3, rel=1e-6)
    assert error < 1e-6


def kernel_by_loops(one, two):
    def k(x, y):
        return (x @ y / len(x) + 1.0) ** 4

    n, m = len(one), len(two)
    within_one = sum(k(one[i], one[j]) for i in range(n) for j in range(n) if i != j)
    within_two = sum(k(two[i], two[j]) for i in range(m) for j in range(m) if i != j)
    across = sum(k(x, y) for x in one for y in two)
    return within_one / (n * (n - 1)) + within_two / (m * (m - 1)) - 2 * across / (n * m)


def test_kernel_distance_against_loops(monkeypatch):
    random = np.random.default_rng(4)
    one, two = random.normal(size=(23, 3)), random.normal(0.5, 1.0, size=(17, 3))
    assert polynomial_mmd(one, two) == pytest.approx(kernel_by_loops(one, two), rel=1e-10)
    monkeypatch.setattr("showerkit.evaluate.jets.kernel_batches._ROWS", 5)
    assert polynomial_mmd(one, two) == pytest.approx(kernel_by_loops(one, two), rel=1e-10)


def test_kernel_distance_of_point_masses():
    # k = (x y + 1)^4: 16 within the ones, 1 within the zeros and across.
    assert polynomial_mmd(np.zeros((5, 1)), np.ones((4, 1))) == pytest.approx(15.0)


def test_kernel_batches():
    random = np.random.default_rng(5)
    one, two = random.normal(size=(300, 2)), random.normal(1.0, 1.0, size=(300, 2))
    found = batched_kernel_distance(one, two, batch_jets=50, batches=9)
    assert found.value == np.median(found.batch_values)
    assert len(found.batch_values) == 9
    low, high = np.percentile(found.batch_values, [16.275, 83.725])
    assert found.error == pytest.approx((high - low) / 2)
    scale = np.abs(one).max(axis=0)
    streams = [np.random.default_rng(seed) for seed in (1, 2)]
    given = batched_kernel_distance(one, two, batch_jets=50, randoms=streams)
    rows, columns = drawn_pair(300, 300, 50, np.random.default_rng(2))
    expected = polynomial_mmd(one[rows] / scale, two[columns] / scale)
    assert given.batch_values[1] == pytest.approx(expected, rel=1e-12)
    assert batched_kernel_distance(one, two, batch_jets=50, batches=9) == found
