"""Mass and transverse momentum of jets, against sums of four-vectors and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.evaluate.jets.jet_kinematics import jet_kinematics


def test_pair_by_hand():
    # m^2 = 2 pT1 pT2 (cosh d_eta - cos d_phi) for massless particles.
    mass, pt = jet_kinematics([[[0.3, 0.2, 2.0], [-0.4, -0.5, 3.0]]])
    assert mass[0] == pytest.approx(np.sqrt(2 * 6.0 * (np.cosh(0.7) - np.cos(0.7))), rel=1e-12)
    assert pt[0] == pytest.approx(np.sqrt(4.0 + 9.0 + 12.0 * np.cos(0.7)), rel=1e-12)


def test_against_pairs_and_after_boosts():
    random = np.random.default_rng(1)
    cloud = np.concatenate([random.normal(0, 0.3, (50, 20, 2)), random.exponential(1.0, (50, 20, 1))], axis=2)
    mass, pt = jet_kinematics(cloud)
    eta, phi, z = np.moveaxis(cloud, 2, 0)
    pairs = z[:, :, None] * z[:, None, :]
    pairs = pairs * (np.cosh(eta[:, :, None] - eta[:, None, :]) - np.cos(phi[:, :, None] - phi[:, None, :]))
    np.testing.assert_allclose(mass**2, pairs.sum(axis=(1, 2)), rtol=1e-10)
    # A boost along the beam moves every eta alike, a rotation every phi.
    boosted_mass, boosted_pt = jet_kinematics(cloud + np.array([2.5, 1.0, 0.0]))
    np.testing.assert_allclose(boosted_mass, mass, rtol=1e-10)
    np.testing.assert_allclose(boosted_pt, pt, rtol=1e-10)


def test_one_particle_none_and_masks():
    mass, pt = jet_kinematics([[[1.0, 1.0, 5.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]] * 2])
    assert pt.tolist() == pytest.approx([5.0, 0.0])
    assert mass == pytest.approx([0.0, 0.0], abs=1e-6)
    cloud = np.random.default_rng(2).random((4, 3, 3))
    mask = np.array([[True, True, False]] * 4)
    np.testing.assert_array_equal(jet_kinematics(cloud, mask)[0], jet_kinematics(cloud[:, :2])[0])
