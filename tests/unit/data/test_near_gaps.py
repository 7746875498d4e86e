from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from showerkit.data.near_gaps import NearGaps
from showerkit.export.near_gaps import near_gaps
from showerkit.geometry import load_detector

ZDC = load_detector("zdc-ecal")
NEAR = NearGaps.of(ZDC, gaps_mm=0.5, depth_mm=35.0)
OFFSET = st.floats(-3.0, 3.0)
SLOPE = st.floats(-0.6, 0.6) | st.floats(-1.0e-3, 1.0e-3)


def by_steps(offset: float, slope: float) -> float:
    """The mean closeness at 200,000 depths."""
    steps = 200_000
    depth_mm = (np.arange(steps) + 0.5) / steps * ZDC.depth_mm
    place_mm = offset * ZDC.pitch_x_mm + slope * (depth_mm - 35.0)
    border_mm = (np.floor(place_mm / ZDC.pitch_x_mm) + 0.5) * ZDC.pitch_x_mm
    from_border = np.minimum(np.abs(place_mm - border_mm), np.abs(place_mm - border_mm + ZDC.pitch_x_mm))
    from_border = np.minimum(from_border, np.abs(place_mm - border_mm - ZDC.pitch_x_mm))
    gap_mm = 0.5 * (ZDC.pitch_x_mm - ZDC.cell_x_mm)
    return float(np.exp(-np.maximum(from_border - gap_mm, 0.0) / 0.5).mean())


@given(OFFSET, OFFSET, SLOPE, SLOPE)
def test_the_mean_along_the_line(offset_x, offset_y, slope_x, slope_y):
    offsets, slopes = np.array([[offset_x, offset_y]]), np.array([[slope_x, slope_y]])
    found = NEAR(offsets, slopes)
    wanted = [[by_steps(offset_x, slope_x), by_steps(offset_y, slope_y)]]
    # A step of the sum is 4e-4 mm long, and a line without a shift is off by half of the least one.
    np.testing.assert_allclose(found, wanted, atol=3.0e-3)
    of_graph = near_gaps(NEAR, torch.from_numpy(offsets), torch.from_numpy(slopes)).numpy()
    np.testing.assert_allclose(of_graph, found, rtol=1e-9, atol=1e-11)


def test_lines_along_gaps_and_far_from_them():
    offsets = np.array([[0.5, -0.5], [0.5 - 0.15 / 30.3, 0.0], [1.5, 0.5 - 0.65 / 30.3]])
    found = NEAR(offsets, np.zeros((3, 2)))
    np.testing.assert_allclose(found, [[1.0, 1.0], [1.0, 0.0], [1.0, np.exp(-1.0)]], atol=1e-9)


def test_lines_that_cross_many_gaps_are_as_near_as_the_average_place():
    steep = NEAR(np.zeros((1, 2)), np.full((1, 2), 30.3 / ZDC.depth_mm))
    average = (0.3 + 2.0 * 0.5 * (1.0 - np.exp(-15.0 / 0.5))) / 30.3
    np.testing.assert_allclose(steep, average, rtol=1e-9)
