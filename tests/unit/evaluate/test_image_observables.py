"""Bins of sparse images' observables."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.sparse_images import SparseImages
from showerkit.evaluate.image_observables import image_edges, image_observables


def images(offset):
    points = np.zeros((4, 6, 3), dtype=np.float32)
    points[..., 0] = np.arange(24).reshape(4, 6) + offset
    points[..., 1] = np.arange(24).reshape(4, 6)[::-1] + offset
    points[..., 2] = 1.0
    return SparseImages(points, np.ones((4, 6), dtype=np.bool_), np.zeros(4, dtype=np.int64))


@pytest.mark.parametrize("place", [0, 1])
def test_whole_pixels_have_a_bin_each(place):
    edges = image_edges(image_observables()[place], images(0.0), 50)
    np.testing.assert_allclose(edges, np.arange(25) - 0.5)


def test_points_between_pixels_have_the_bins_asked_for():
    edges = image_edges(image_observables()[0], images(0.25), 50)
    assert len(edges) == 51


def test_intensities_are_no_pixels():
    assert len(image_edges(image_observables()[2], images(0.0), 50)) == 51
