from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.data import superpixels as module
from showerkit.data.superpixels import grid_of_centres, superpixels
from showerkit.errors import DataError


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 120), rows=st.integers(8, 30), columns=st.integers(8, 30))
def test_centres_are_that_many_different_places_inside(n, rows, columns):
    n = min(n, rows * columns)
    centres = grid_of_centres(n, rows, columns)
    assert centres.shape == (n, 2)
    assert len(np.unique(centres, axis=0)) == n
    assert (centres >= -0.5).all()
    assert (centres <= [columns - 0.5, rows - 0.5]).all()


def test_centres_of_an_empty_image_spread_evenly():
    made = superpixels(np.zeros((1, 28, 28)), [0])
    assert made.mask.all()
    assert not made.points[..., 2].any()
    np.testing.assert_allclose(made.points[0, :, :2].mean(axis=0), 13.5, atol=0.2)


def test_patches_do_not_mix_two_brightnesses():
    image = np.zeros((28, 28), int)
    image[8:20, 10:17] = 200
    made = superpixels([image], [3], 75)
    intensity = made.points[0, made.mask[0], 2]
    assert np.isin(np.round(intensity * 255).astype(int), [0, 200]).all()
    bright = made.points[0][intensity > 0.5]
    assert len(bright) >= 6
    assert (bright[:, :2] >= [10, 8]).all()
    assert (bright[:, :2] <= [16, 19]).all()
    assert (np.diff(intensity) <= 1e-6).all()


def test_each_image_stands_for_itself(monkeypatch):
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (5, 12, 12))
    whole = superpixels(images, range(5), 20)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    again = superpixels(images[::-1], range(5), 20)
    np.testing.assert_array_equal(again.points[::-1], whole.points)
    assert whole.points.shape == (5, 20, 3)


def test_as_many_patches_as_pixels_are_the_pixels():
    image = np.arange(16).reshape(4, 4) * 10
    made = superpixels([image], [0], 16)
    assert made.mask.all()
    x, y = made.points[0, :, :2].astype(int).T
    np.testing.assert_allclose(made.points[0, :, 2] * 255, image[y, x], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "wrong", [{"n_points": 0}, {"n_points": 17}, {"compactness": 0.0}, {"iterations": 0}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(DataError):
        superpixels(np.zeros((1, 4, 4)), [0], **{"n_points": 4, **wrong})
