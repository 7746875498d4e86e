import numpy as np

from showerkit.evaluate.bootstrap import BootstrapWeights, WeightedSums, binned_sums, replica_error


def test_weights_depend_on_the_place_alone():
    whole = BootstrapWeights(seed=3, replicas=5).rows(0, 10_000)
    parts = BootstrapWeights(seed=3, replicas=5)
    np.testing.assert_array_equal(parts.rows(4000, 4200), whole[4000:4200])
    np.testing.assert_array_equal(parts.rows(0, 3), whole[:3])
    assert (BootstrapWeights(seed=4, replicas=5).rows(0, 100)[:, 1:] != whole[:100, 1:]).any()


def test_weights_are_poisson_with_the_measured_ones_first():
    weights = BootstrapWeights(seed=1, replicas=50).rows(0, 4000)
    assert (weights[:, 0] == 1).all()
    drawn = weights[:, 1:].astype(float)
    n = drawn.size
    # Mean 1 with error 1/sqrt(n); the variance of a Poisson(1) sample's variance is (mu4 - 1)/n = 3/n.
    assert abs(drawn.mean() - 1.0) < 5.0 / np.sqrt(n)
    assert abs(drawn.var() - 1.0) < 5.0 * np.sqrt(3.0 / n)


def test_binned_sums_leave_out_what_lies_outside():
    weights = np.ones((4, 2), dtype=np.uint8)
    sums = binned_sums(np.array([-1, 0, 1, 2]), 2, weights, np.array([9.0, 2.0, 3.0, 9.0]))
    np.testing.assert_array_equal(sums, [[2.0, 3.0], [2.0, 3.0]])


def test_sums_do_not_depend_on_the_batches():
    random = np.random.default_rng(1)
    vectors, weights = random.normal(size=(30, 4)), BootstrapWeights(1, 6).rows(0, 30)
    valid = random.random(30) < 0.7
    whole, parts = WeightedSums(6, 4), WeightedSums(6, 4)
    whole.add(weights, vectors, valid)
    for piece in (slice(0, 11), slice(11, 30)):
        parts.add(weights[piece], vectors[piece], valid[piece])
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(whole.mean[0], vectors[valid].mean(axis=0), rtol=1e-12)


def test_error_needs_two_finite_replicas():
    replicas = np.array([[0.0, 0.0], [1.0, np.nan], [3.0, 5.0]])
    error = replica_error(replicas)
    assert error[0] == np.sqrt(2.0)
    assert np.isnan(error[1])
