"""The world around the calorimeter."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles
from showerkit.errors import SimulationError
from showerkit.geometry import load_detector
from showerkit.geometry.world import face_z_mm, world_half_lengths_mm
from showerkit.simulate.geant4.construction import check_inside_world


@pytest.mark.parametrize("name", ["zdc-ecal", "zdc-ecal-pbwo4", "toy-hcal"])
def test_gun_and_calorimeter_lie_inside_the_world(name):
    detector = load_detector(name)
    half = world_half_lengths_mm(detector)
    face = face_z_mm(detector)
    assert face - detector.gun_distance_mm > -half[2]
    assert face + detector.depth_mm < half[2]
    assert 0.5 * detector.width_x_mm < half[0]


def test_only_narrow_cells_have_a_frame():
    assert load_detector("zdc-ecal").has_gaps(0)
    assert not load_detector("toy-hcal").has_gaps(0)


def test_a_gun_outside_is_named():
    def start(x):
        return IncidentParticles(
            np.array([11, 11]),
            np.array([1.0, 1.0]),
            np.array([[0.0, 0.0, 1.4]] * 2),
            np.array([[0.0, 0.0, -202.0], [x, 0.0, -202.0]]),
        )

    check_inside_world(start(402.9), load_detector("zdc-ecal"))
    with pytest.raises(SimulationError, match=r"got \(403\.1, 0\.0, -202\.0\); expected -403 < x < 403"):
        check_inside_world(start(403.1), load_detector("zdc-ecal"))
