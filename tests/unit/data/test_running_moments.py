from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from showerkit.data.running_moments import RunningMoments


@given(
    arrays(np.float64, st.tuples(st.integers(1, 40), st.just(2)), elements=st.floats(-1e6, 1e6)),
    st.integers(1, 10),
)
def test_portions_give_the_moments_of_the_whole(values, portion):
    moments = RunningMoments(2)
    for start in range(0, len(values), portion):
        moments.update(values[start : start + portion])
    scale = np.abs(values).max() + 1.0
    np.testing.assert_allclose(moments.mean, values.mean(axis=0), rtol=0, atol=1e-13 * scale)
    np.testing.assert_allclose(moments.variance, values.var(axis=0), rtol=0, atol=1e-12 * scale**2)
    np.testing.assert_array_equal(moments.low, values.min(axis=0))
    np.testing.assert_array_equal(moments.high, values.max(axis=0))
    assert moments.count == len(values)


def test_a_large_mean_costs_no_digits_of_the_variance():
    moments = RunningMoments(1)
    for part in np.split(1e9 + np.tile([0.0, 1.0], 500)[:, None], 10):
        moments.update(part)
    np.testing.assert_allclose(moments.variance, 0.25, rtol=1e-9)


def test_nothing_has_no_variance():
    moments = RunningMoments(1)
    moments.update(np.empty((0, 1)))
    assert moments.count == 0
    assert moments.variance.tolist() == [0.0]
