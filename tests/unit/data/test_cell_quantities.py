from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.cell_quantities import cell_images
from showerkit.errors import DataError


def test_images_have_the_order_of_the_detector(photons, detector):
    showers = photons(3)
    images = cell_images(showers, detector.shape, "deposits")
    index = int(detector.index(0, 4, 7))
    np.testing.assert_array_equal(images[:, 0, 4, 7], showers.energy_mev[:, index])


def test_missing_tracks_are_told(photons, detector):
    with pytest.raises(DataError, match=r"charged_tracks.*to mend"):
        cell_images(photons(2), detector.shape, "charged-tracks")


def test_another_number_of_cells_is_told(photons):
    with pytest.raises(DataError, match="got 400 cells; expected 17 x 8 x 8 cells"):
        cell_images(photons(2), (17, 8, 8), "deposits")
