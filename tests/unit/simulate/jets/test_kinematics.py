"""Coordinates of a collider against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showerkit.simulate.jets.kinematics import (
    absolute_momenta,
    azimuth,
    pseudorapidity,
    relative_coordinates,
    wrapped,
)


@given(st.floats(0.01, np.pi - 0.01))
def test_pseudorapidity_by_the_polar_angle(theta):
    momentum = np.array([0.0, np.sin(theta), np.cos(theta)])
    assert pseudorapidity(momentum) == pytest.approx(-np.log(np.tan(theta / 2)), abs=1e-12)


def test_along_the_beam_it_is_infinite():
    assert pseudorapidity(np.array([0.0, 0.0, -1.0])) == -np.inf


@given(st.floats(-3.0, 3.0), st.integers(-5, 5))
def test_whole_turns_change_nothing(angle, turns):
    assert wrapped(np.array(angle + 2 * np.pi * turns)) == pytest.approx(angle, abs=1e-12)


def test_wrapped_angles_are_in_the_half_open_turn():
    angles = wrapped(np.linspace(-20, 20, 1001))
    assert (angles > -np.pi).all()
    assert (angles <= np.pi).all()
    assert wrapped(np.array(-np.pi)) == np.pi


@given(st.integers(0, 2**32 - 1))
def test_relative_coordinates_invert(seed):
    random = np.random.default_rng(seed)
    jets = random.normal(size=(20, 1, 3)) * 1000
    particles = random.normal(size=(20, 7, 3)) * 10
    relative = relative_coordinates(particles, jets)
    back = absolute_momenta(
        relative, np.hypot(jets[..., 0], jets[..., 1]), pseudorapidity(jets), azimuth(jets)
    )
    np.testing.assert_allclose(back, particles, rtol=1e-8, atol=1e-8)


def test_a_jet_relative_to_itself():
    jet = np.array([3.0, -4.0, 2.0])
    np.testing.assert_allclose(relative_coordinates(jet, jet), [0.0, 0.0, 1.0])


def test_relative_phi_crosses_the_seam():
    jet, particle = np.array([-1.0, -0.01, 0.0]), np.array([-1.0, 0.01, 0.0])
    assert relative_coordinates(particle, jet)[1] == pytest.approx(-2 * np.arctan(0.01))
