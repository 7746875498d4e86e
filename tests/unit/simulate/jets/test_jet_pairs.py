"""Isolation, matching, flavour, candidates and pile-up on events small enough to be done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.simulate.jets.calibration_events import Partons
from showerkit.simulate.jets.candidates import candidate_class, electric_charge, jet_candidates
from showerkit.simulate.jets.clustering import FoundJets
from showerkit.simulate.jets.energy_density import median_density
from showerkit.simulate.jets.flavour import jet_flavour
from showerkit.simulate.jets.jet_pairs import distances, isolated, matched_pairs, rank_in_event
from showerkit.simulate.jets.pile_up import overlay
from showerkit.simulate.jets.visible_particles import VisibleParticles


def momenta(pt, eta, phi):
    pt, eta, phi = (np.asarray(values, dtype=float) for values in (pt, eta, phi))
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)


def jets(event, pt, eta, phi):
    """Jets of one particle each."""
    p = momenta(pt, eta, phi)
    n = len(p)
    return FoundJets(
        np.asarray(event), p, np.linalg.norm(p, axis=1), np.arange(n), np.ones(n, dtype=np.int64)
    )


def particles(pdg, pt, eta, phi, counts):
    p = momenta(pt, eta, phi)
    return VisibleParticles(
        np.asarray(pdg, dtype=np.int32), p, np.linalg.norm(p, axis=1), np.asarray(counts, dtype=np.int64)
    )


def test_distances_go_round_the_circle():
    apart = distances(jets([1], [50], [0.3], [3.1]), jets([0, 1], [9, 9], [0, 0.3], [0, -3.1]), 3)
    assert apart.shape == (3, 1, 1)
    np.testing.assert_allclose(apart[1, 0, 0], 2 * np.pi - 6.2)
    assert np.isinf(apart[[0, 2]]).all()


def test_the_nearest_of_each_other_are_pairs():
    true = jets([0, 0, 2], [100, 60, 40], [0.0, 1.0, 0.0], [0.0, 2.0, 3.1])
    # Event 0: one jet near the first, one 0.19 from the second but out of reach of none; event 2: over pi.
    seen = jets([0, 0, 1, 2], [90, 50, 70, 35], [0.05, 1.19, 0.0, 0.0], [0.0, 2.0, 0.0, -3.1])
    a, b = matched_pairs(true, seen, 3, 0.2)
    assert (a.tolist(), b.tolist()) == ([0, 1, 2], [0, 1, 3])
    a, b = matched_pairs(true, seen, 3, 0.1)
    assert (a.tolist(), b.tolist()) == ([0, 2], [0, 3])


def test_a_jet_is_not_given_away_twice():
    # Both true jets have the same nearest jet; it belongs to the nearer one of them.
    true = jets([0, 0], [100, 60], [0.0, 0.15], [0.0, 0.0])
    seen = jets([0], [150], [0.1], [0.0])
    a, b = matched_pairs(true, seen, 1, 0.2)
    assert (a.tolist(), b.tolist()) == ([1], [0])


def test_nothing_to_match():
    none = jets([], [], [], [])
    one = jets([0], [10], [0], [0])
    for true, seen in ((none, one), (one, none)):
        assert [len(index) for index in matched_pairs(true, seen, 1, 0.2)] == [0, 0]


@pytest.mark.parametrize(
    ("neighbour_pt", "at", "expected"),
    [(19.0, 0.5, [True, False]), (21.0, 0.5, [False, False]), (21.0, 0.9, [True, True])],
)
def test_isolation(neighbour_pt, at, expected):
    found = jets([0, 0, 1], [100, neighbour_pt, 100], [0, at, 0], [0, 0, 0])
    assert isolated(found, 2, 0.8, 0.2).tolist() == [*expected, True]


def test_ranks():
    assert rank_in_event(np.array([], dtype=np.int64)).tolist() == []


def test_flavour_is_that_of_the_hardest_parton_near_by():
    found = jets([0, 1, 2], [100, 80, 50], [0, 0, 0], [0, 3.1, 0])
    p = momenta([90, 200, 60, 20, 70, 300], [0.1, 2.0, 0, 0, 0, 0], [0, 0, 0.3, 0, -3.1, 1.0])
    partons = Partons(np.array([21, 5, 1, 4, 5, 3], dtype=np.int32), p, np.array([4, 1, 1]))
    assert jet_flavour(found, partons, 0.4).tolist() == [21, 5, 0]


def test_candidates_are_the_hardest_with_charge_and_class():
    seen = particles([211, 22, 130, -13, 11, 22], [5, 9, 2, 7, 3, 4], [0.1] * 6, [3.0] * 6, [6])
    p = seen.momenta_gev[:5].sum(axis=0, keepdims=True)
    jet = FoundJets(
        np.array([0]), p, np.array([seen.energy_gev[:5].sum()]), np.arange(5), np.array([5], dtype=np.int64)
    )
    candidates, mask = jet_candidates(jet, seen, 3)
    np.testing.assert_allclose(candidates[0, :, 0], [9, 7, 5], rtol=1e-6)
    assert candidates[0, :, 3].tolist() == [0, 1, 1]
    assert candidates[0, :, 4].tolist() == [1, 4, 0]
    wide, mask = jet_candidates(jet, seen, 8)
    assert mask.sum() == 5
    # Momentum is conserved: all candidates add up to the jet.
    pt, eta, phi = (wide[..., column].astype(float) for column in range(3))
    for values, total in zip((pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)), p[0], strict=True):
        np.testing.assert_allclose(values.sum(), total, rtol=1e-6)


def test_charges_are_those_of_pythia():
    pythia8mc = pytest.importorskip("pythia8mc")
    data = pythia8mc.Pythia("", False).particleData
    codes = [11, 13, 22, 130, 310, 211, 321, 2112, 2212, 3112, 3122, 3222, 3312, 3322, 3334]
    pdg = np.array([sign * code for code in codes for sign in (1, -1)])
    expected = [data.charge(int(code)) for code in pdg]
    np.testing.assert_allclose(electric_charge(pdg), expected)
    assert (electric_charge(pdg)[np.isin(candidate_class(pdg), (1, 2))] == 0).all()


def test_median_density_is_that_of_an_even_spread_and_blind_to_jets():
    # The same pT in the middle of each patch, and one jet on top.
    eta, phi = np.meshgrid(np.arange(-2.25, 2.5, 0.5), (np.arange(12) + 0.5) * np.pi / 6)
    spread = particles(np.full(120, 22), np.full(120, 3.0), eta.ravel(), phi.ravel(), [120, 0])
    area = 0.5 * np.pi / 6
    np.testing.assert_allclose(median_density(spread), [3.0 / area, 0.0])
    jet = particles([22, 22], [500.0, 100.0], [0.2, 4.0], [0.1, 0.0], [2, 0])
    np.testing.assert_allclose(median_density(spread.overlaid(jet)), [3.0 / area, 0.0])


def test_overlaid_collisions_are_whole_turned_and_mirrored():
    random = np.random.default_rng(5)
    pool = particles([22, 22, 211, 130], [1.0, 2.0, 3.0, 4.0], [0.5, 1.0, -1.0, 2.0], [0, 1, 2, 3], [2, 2])
    numbers = np.array([3, 0, 400])
    laid = overlay(pool, numbers, random)
    assert laid.counts.tolist() == [6, 0, 800]
    pt = np.hypot(laid.momenta_gev[:, 0], laid.momenta_gev[:, 1])
    eta = np.arcsinh(laid.momenta_gev[:, 2] / pt)
    phi = np.arctan2(laid.momenta_gev[:, 1], laid.momenta_gev[:, 0])
    first = np.isclose(pt, 1.0) | np.isclose(pt, 3.0)
    np.testing.assert_allclose(np.abs(eta[np.isclose(pt, 1.0)]), 0.5)
    # Within a collision nothing changes: both particles turn together, and are mirrored together.
    np.testing.assert_allclose(np.cos(phi[1::2] - phi[::2]), np.cos(1.0))
    assert (np.sign(eta[1::2]) == np.sign(eta[::2]) * np.where(np.isclose(pt[::2], 3.0), -1, 1)).all()
    # Sums over 403 directions: none preferred, within five standard errors.
    turns = phi[first]
    assert np.hypot(np.cos(turns).mean(), np.sin(turns).mean()) < 5 / np.sqrt(len(turns))
