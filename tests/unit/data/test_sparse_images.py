from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.data import sparse_images
from showerkit.data.point_images import painted
from showerkit.data.sparse_images import SparseImages, brightest_pixels
from showerkit.errors import DataError


def random_images(seed=1, n=5, rows=8, columns=6):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (n, rows, columns))
    images[random.random(images.shape) < 0.5] = 0
    return images, np.arange(n)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), n_points=st.integers(1, 48))
def test_the_brightest_pixels_are_kept_in_order(seed, n_points):
    images, label = random_images(seed)
    sparse = brightest_pixels(images, label, n_points)
    for image, points, mask in zip(images, sparse.points, sparse.mask, strict=True):
        lit = np.sort(image[image > 0])[::-1][:n_points]
        assert mask.sum() == len(lit)
        assert mask[: len(lit)].all()
        x, y = points[mask, :2].astype(int).T
        assert np.array_equal(image[y, x], lit)
        assert len(set(zip(x, y, strict=True))) == len(lit)
        np.testing.assert_allclose(points[mask, 2], lit / 255, rtol=1e-6)


def test_all_points_painted_are_the_image():
    images, label = random_images()
    sparse = brightest_pixels(images, label, 48)
    np.testing.assert_allclose(painted(sparse), images / 255, rtol=1e-6)


def test_ties_fall_to_the_first_in_rows_and_pieces_change_nothing(monkeypatch):
    flat = np.full((3, 4, 4), 9)
    assert brightest_pixels(flat, [0] * 3, 3).points[0, :, :2].tolist() == [[0, 0], [1, 0], [2, 0]]
    images, label = random_images(n=7)
    whole = brightest_pixels(images, label, 10)
    monkeypatch.setattr(sparse_images, "_AT_ONCE", 2)
    assert np.array_equal(brightest_pixels(images, label, 10).points, whole.points)


def test_painting_keeps_the_intensity_inside_and_loses_it_outside():
    points = np.array([[[2.3, 1.6, 1.0], [0.0, 0.0, 0.5]], [[-0.5, 1.0, 1.0], [1e30, -1e30, 1.0]]])
    images = SparseImages(points, np.ones((2, 2), bool), [0, 0], (4, 5))
    canvas = painted(images)
    np.testing.assert_allclose(canvas.sum(axis=(1, 2)), [1.5, 0.5], rtol=1e-6)
    # The centre of gravity of a point is where it stands.
    np.testing.assert_allclose((canvas[0, 1:].sum(0) * np.arange(5)).sum(), 2.3, rtol=1e-6)
    masked = SparseImages(np.zeros((1, 2, 3)), np.zeros((1, 2), bool), [0])
    assert not painted(masked).any()


@pytest.mark.parametrize(
    ("images", "n_points"),
    [
        (np.zeros((2, 4)), 1),
        (np.full((1, 2, 2), 0.5), 1),
        (np.full((1, 2, 2), 256), 1),
        (np.full((1, 2, 2), np.nan), 1),
        (np.zeros((1, 2, 2)), 5),
        (np.zeros((1, 2, 2)), 0),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_what_is_no_image_is_refused(images, n_points):
    with pytest.raises(DataError):
        brightest_pixels(images, [0] * len(images), n_points)


def test_records_that_disagree_are_refused():
    points, mask = np.ones((2, 3, 3)), np.ones((2, 3), bool)
    for wrong in ((points[:, :, :2], mask, [0, 0]), (points, ~mask, [0, 0]), (points, mask, [0])):
        with pytest.raises(DataError):
            SparseImages(*wrong)
    one = SparseImages(points, mask, [3, 4])[1:]
    assert len(one) == 1
    assert one.label.tolist() == [4]
