"""Which particles at the face are taken out of Geant4."""

from __future__ import annotations

import math

import pytest

from showerkit.configuration import parse_config
from showerkit.errors import SimulationError
from showerkit.simulate.geant4.handover import Handover

VALUES = {
    "particles": (11, 22),
    "energy_mev": (100.0, 2000.0),
    "theta_rad": (0.0, 0.4),
    "phi_rad": (0.0, 1.0),
    "face_x_mm": (-50.0, 50.0),
    "face_y_mm": (-20.0, 30.0),
}
HANDOVER = Handover(**VALUES)


def taken(pdg=11, energy_mev=500.0, x=0.0, y=0.0, theta=0.2, phi=0.5):
    direction = (math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta))
    return HANDOVER.takes(pdg, energy_mev, (x, y), direction)


def test_what_lies_within_all_ranges_is_taken():
    assert taken()
    assert taken(pdg=22)
    assert taken(energy_mev=100.0)
    assert taken(energy_mev=2000.0)
    assert taken(x=-50.0, y=30.0)


@pytest.mark.parametrize(
    "change",
    [
        {"pdg": -11},
        {"pdg": 13},
        {"energy_mev": 99.9},
        {"energy_mev": 2000.1},
        {"x": 50.1},
        {"x": -50.1},
        {"y": 30.1},
        {"y": -20.1},
        {"theta": 0.41},
        {"theta": math.pi - 0.2},
        {"phi": -0.1},
        {"phi": 1.1},
    ],
)
def test_one_thing_outside_leaves_it_to_geant4(change):
    assert not taken(**change)


def test_along_the_axis_the_azimuth_means_nothing():
    assert taken(theta=1e-3, phi=-2.0)
    assert not taken(theta=3e-3, phi=-2.0)


@pytest.mark.parametrize(
    "change",
    [{"particles": ()}, {"particles": (13,)}, {"energy_mev": (5.0, 1.0)}, {"energy_mev": (0.0, 1.0)}],
)
def test_impossible_conditions_are_refused(change):
    with pytest.raises(SimulationError):
        parse_config(Handover, {**VALUES, **change}, source="test", error=SimulationError)
