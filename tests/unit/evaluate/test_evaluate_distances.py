import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import wasserstein_distance

from showerkit.evaluate.distances import binned_wasserstein, separation_power, wasserstein_replicas

counts = arrays(np.float64, 12, elements=st.integers(0, 1000).map(float)).filter(lambda h: h.sum() > 0)


def test_separation_of_equal_and_disjoint_histograms():
    h = np.array([3.0, 1.0, 0.0, 6.0])
    assert separation_power(h, 7.0 * h) == pytest.approx(0.0, abs=1e-15)
    assert separation_power(np.array([1.0, 2.0, 0.0, 0.0]), np.array([0.0, 0.0, 5.0, 1.0])) == 1.0


@given(counts, counts)
def test_separation_is_symmetric_and_between_0_and_1(first, second):
    value = separation_power(first, second)
    assert value == pytest.approx(separation_power(second, first))
    assert -1e-12 <= value <= 1.0 + 1e-12


def test_wasserstein_of_a_shifted_sample_is_the_shift():
    values = np.random.default_rng(2).normal(size=500)
    ones = np.ones((500, 1))
    assert wasserstein_replicas(values, values + 0.37, ones, ones)[0] == pytest.approx(0.37, rel=1e-12)


def test_weighted_wasserstein_agrees_with_scipy():
    random = np.random.default_rng(3)
    one, two = random.normal(size=200), random.normal(0.3, 1.4, size=310)
    w1, w2 = random.poisson(1.0, (200, 4)), random.poisson(1.0, (310, 4))
    mine = wasserstein_replicas(one, two, w1, w2)
    for replica in range(4):
        other = wasserstein_distance(one, two, w1[:, replica], w2[:, replica])
        assert mine[replica] == pytest.approx(other, rel=1e-10)


def test_wasserstein_without_events_is_not_a_number():
    assert np.isnan(wasserstein_replicas(np.array([]), np.ones(2), np.ones((0, 3)), np.ones((2, 3)))).all()
    weights = np.array([[1, 0], [1, 0]])
    got = wasserstein_replicas(np.zeros(2), np.ones(2), weights, np.ones((2, 2)))
    assert got[0] == 1.0
    assert np.isnan(got[1])


def test_binned_wasserstein_agrees_with_scipy_at_the_centres():
    random = np.random.default_rng(4)
    edges = np.linspace(-1.0, 3.0, 21)
    h1, h2 = random.integers(0, 50, 20).astype(float), random.integers(0, 50, 20).astype(float)
    centres = 0.5 * (edges[1:] + edges[:-1])
    expected = wasserstein_distance(centres, centres, h1, h2)
    assert binned_wasserstein(h1, h2, edges) == pytest.approx(expected, rel=1e-12)
