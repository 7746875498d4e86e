"""Real jets: conservation in clustering, closed forms, and the known figures of the samples."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pythia8mc")
pytest.importorskip("fastjet")

from showerkit.data.jet_records import JET_TYPES, concatenate_jets
from showerkit.simulate.jets.clustering import anti_kt
from showerkit.simulate.jets.config import JetProcessConfig
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK, PythiaEvents
from showerkit.simulate.jets.jet_finder import jet_record, jets_of_block
from showerkit.simulate.jets.kinematics import absolute_momenta, azimuth, pseudorapidity, wrapped
from showerkit.simulate.jets.matching import matched_jets
from showerkit.simulate.jets.visible_particles import VisibleParticles

#: Median masses in GeV of samples of about 300 jets made with the same settings.
MEDIAN_MASS_GEV = {"g": 159, "q": 95, "t": 186, "w": 97, "z": 105}
ALL = 2000


@pytest.fixture(scope="module")
def top_events():
    return PythiaEvents(JetProcessConfig(process="t"), seed=1)


@pytest.fixture(scope="module")
def block(top_events):
    return top_events.block(3)


@pytest.fixture(scope="module")
def top_jets(block):
    return jets_of_block(block, JetProcessConfig(process="t"), seed=1)


def particles(pt, eta, phi):
    """One event of massless particles."""
    pt, eta, phi = (np.asarray(values, dtype=float) for values in (pt, eta, phi))
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    n = len(pt)
    return VisibleParticles(
        np.full(n, 22, dtype=np.int32), momenta, pt * np.cosh(eta), np.array([n], dtype=np.int64)
    )


def median_error(values):
    """Standard error of a median, from the order statistics one binomial deviation away."""
    ordered = np.sort(values)
    n = len(ordered)
    low, high = int(n / 2 - np.sqrt(n) / 2), int(np.ceil(n / 2 + np.sqrt(n) / 2))
    return (ordered[min(high, n - 1)] - ordered[low]) / 2


def test_a_block_depends_on_its_number_alone(top_events, block):
    top_events.block(0)
    again = PythiaEvents(JetProcessConfig(process="t"), seed=1).block(3)
    for name in ("event_id", "hard_pdg", "hard_momenta_gev"):
        np.testing.assert_array_equal(getattr(again, name), getattr(block, name))
    np.testing.assert_array_equal(again.visible.momenta_gev, block.visible.momenta_gev)
    other = top_events.block(4)
    assert other.event_id[0] == 4 * EVENTS_PER_BLOCK
    assert len(other.visible.pdg) != len(block.visible.pdg)


def test_events_start_from_two_tops_and_stay_within_the_energy(block):
    assert (np.abs(block.hard_pdg) == 6).all()
    energy = np.bincount(block.visible.event, weights=block.visible.energy_gev)
    assert (energy <= 13000 * (1 + 1e-6)).all()
    mass_square = block.visible.energy_gev**2 - (block.visible.momenta_gev**2).sum(axis=1)
    assert (mass_square > -1e-6 * block.visible.energy_gev**2).all()


def test_anti_kt_gives_cones_around_the_hardest():
    # pT 100 takes what is within R; the particle beyond, at 0.9 from it, is a jet of its own.
    found = anti_kt(particles([100, 10, 12], [0.0, 0.7, -0.9], [0, 0, 0]), 0.8, 1.0)
    assert found.counts.tolist() == [2, 1]
    assert sorted(found.constituent[:2].tolist()) == [0, 1]
    np.testing.assert_allclose(np.hypot(found.momenta_gev[:, 0], found.momenta_gev[:, 1]), [110, 12])


def test_mass_of_two_massless_particles():
    # m^2 = 2 pT1 pT2 (cosh deta - cos dphi)
    found = anti_kt(particles([60, 40], [0.1, 0.4], [3.1, -3.1]), 0.8, 1.0)
    expected = np.sqrt(2 * 60 * 40 * (np.cosh(0.3) - np.cos(2 * np.pi - 6.2)))
    np.testing.assert_allclose(found.mass_gev, expected)


def test_every_particle_is_in_one_jet_and_momentum_is_conserved(block):
    found = anti_kt(block.visible, 0.8, 0.0)
    np.testing.assert_array_equal(np.sort(found.constituent), np.arange(len(block.visible.pdg)))
    for axis in range(3):
        jets = np.bincount(found.event, weights=found.momenta_gev[:, axis])
        parts = np.bincount(block.visible.event, weights=block.visible.momenta_gev[:, axis])
        np.testing.assert_allclose(jets, parts, rtol=0, atol=1e-6)


def test_jets_are_fastjets_own(block):
    import awkward as ak
    import fastjet

    momenta, energy = block.visible.momenta_gev, block.visible.energy_gev
    flat = {"px": momenta[:, 0], "py": momenta[:, 1], "pz": momenta[:, 2], "E": energy}
    events = ak.unflatten(ak.zip(flat, with_name="Momentum4D"), block.visible.counts)
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.8)
    theirs = ak.flatten(fastjet.ClusterSequence(events, definition).inclusive_jets(100.0))
    ours = anti_kt(block.visible, 0.8, 100.0)
    assert len(ours) == len(theirs)
    for axis, name in enumerate(("px", "py", "pz")):
        np.testing.assert_allclose(
            np.sort(ours.momenta_gev[:, axis]), np.sort(np.asarray(theirs[name])), rtol=1e-9, atol=1e-6
        )
    np.testing.assert_allclose(np.sort(ours.energy_gev), np.sort(np.asarray(theirs.E)), rtol=1e-9)
    pt = np.hypot(ours.momenta_gev[:, 0], ours.momenta_gev[:, 1])
    assert (np.diff(pt)[np.diff(ours.event) == 0] <= 0).all()


def test_kept_jets_obey_the_cuts_and_their_tops(block, top_jets):
    config = JetProcessConfig(process="t")
    found = anti_kt(block.visible, 0.8, 799.0)
    kept = found.chosen(matched_jets(found, block, config))
    eta, phi = pseudorapidity(kept.momenta_gev), azimuth(kept.momenta_gev)
    hard = block.hard_momenta_gev[kept.event]
    away = np.hypot(pseudorapidity(hard) - eta[:, None], wrapped(azimuth(hard) - phi[:, None]))
    assert (away.min(axis=1) <= 0.4).all()
    assert (np.bincount(kept.event) <= 2).all()
    assert (top_jets.pt_gev > 800).all()
    assert (top_jets.pt_gev < 1600).all()
    assert set(top_jets.jet_type.tolist()) == {JET_TYPES["t"]}
    np.testing.assert_allclose(top_jets.mass_gev, kept.mass_gev, rtol=1e-6)


def test_relative_coordinates_give_back_momenta_and_mass(block):
    # Massless particles: then eta_rel, phi_rel, pt_rel, pT and eta say all about the mass.
    massless = VisibleParticles(
        block.visible.pdg,
        block.visible.momenta_gev,
        np.linalg.norm(block.visible.momenta_gev, axis=1),
        block.visible.counts,
    )
    found = anti_kt(massless, 0.8, 800.0)
    jets = jet_record(found, massless, block.event_id[found.event], 2, ALL)
    np.testing.assert_array_equal(jets.n_particles, found.counts)
    relative = jets.particles.astype(float)
    pt, eta = jets.pt_gev[:, None].astype(float), jets.eta[:, None].astype(float)
    back = absolute_momenta(relative, pt, eta, azimuth(found.momenta_gev)[:, None])
    np.testing.assert_allclose(back[jets.mask], jets.momenta_gev[jets.mask], rtol=1e-4, atol=1e-4)
    momenta = absolute_momenta(relative, pt, eta)
    energy = np.linalg.norm(momenta, axis=2).sum(axis=1)
    mass = np.sqrt(energy**2 - (momenta.sum(axis=1) ** 2).sum(axis=1))
    np.testing.assert_allclose(mass, jets.mass_gev, rtol=1e-4)
    np.testing.assert_allclose(relative[..., 2].sum(axis=1) >= 1 - 1e-5, True)


def test_masses_of_particles_add_little(block, top_jets):
    # Rest masses only add to a jet's energy: the massless sum is below the mass, by a few per cent.
    found = anti_kt(block.visible, 0.8, 799.0)
    kept = found.chosen(matched_jets(found, block, JetProcessConfig(process="t")))
    jet = np.repeat(np.arange(len(kept)), kept.counts)
    momenta = block.visible.momenta_gev[kept.constituent]
    energy = np.bincount(jet, weights=np.linalg.norm(momenta, axis=1))
    massless = np.sqrt(energy**2 - (kept.momenta_gev**2).sum(axis=1))
    assert (massless <= top_jets.mass_gev * (1 + 1e-5)).all()
    assert np.median(massless / top_jets.mass_gev) > 0.95


def test_fewer_constituents_are_the_first_of_more(block):
    few, many = (
        jets_of_block(block, JetProcessConfig(process="t", constituents=n), seed=1) for n in (10, 100)
    )
    np.testing.assert_array_equal(few.particles, many.particles[:, :10])
    np.testing.assert_array_equal(few.momenta_gev, many.momenta_gev[:, :10])
    np.testing.assert_array_equal(few.mass_gev, many.mass_gev)
    assert (np.diff(many.particles[..., 2], axis=1) <= 0).all()


def test_median_mass_of_top_jets(top_jets):
    error = median_error(top_jets.mass_gev)
    assert abs(np.median(top_jets.mass_gev) - MEDIAN_MASS_GEV["t"]) < 4 * np.sqrt(2) * error
    # One binomial deviation of a share of 98.6 %, fourfold.
    share = (top_jets.n_particles == 30).mean()
    assert share > 0.986 - 4 * np.sqrt(0.986 * 0.014 / len(top_jets))


def test_a_detector_changes_little_of_the_momentum(block):
    true = jets_of_block(block, JetProcessConfig(process="t"), seed=1)
    seen = jets_of_block(block, JetProcessConfig(process="t", smearing="cms-like"), seed=1)
    again = jets_of_block(block, JetProcessConfig(process="t", smearing="cms-like"), seed=1)
    np.testing.assert_array_equal(seen.particles, again.particles)
    common = np.intersect1d(true.event_id, seen.event_id)
    assert len(common) > 0.8 * len(np.unique(true.event_id))
    ratio = np.median(seen.pt_gev) / np.median(true.pt_gev)
    assert 0.95 < ratio < 1.02
    assert seen.n_particles.sum() <= true.n_particles.sum()


def sample(process, blocks=3, **settings):
    config = JetProcessConfig(process=process, **settings)
    events = PythiaEvents(config, seed=2)
    return concatenate_jets([jets_of_block(events.block(i), config, 2) for i in range(blocks)])


@pytest.mark.slow
@pytest.mark.parametrize("process", sorted(MEDIAN_MASS_GEV))
def test_median_masses(process):
    jets = sample(process)
    assert len(jets) > 450
    # The figures held against have the error of a sample of about 300 jets.
    error = median_error(jets.mass_gev) * np.sqrt(1 + len(jets) / 300)
    assert abs(np.median(jets.mass_gev) - MEDIAN_MASS_GEV[process]) < 4 * error


@pytest.mark.slow
def test_multiplicities_order_the_classes():
    jets = {process: sample(process, constituents=200) for process in "gqt"}
    mean = {name: sample.n_particles.mean() for name, sample in jets.items()}
    error = {name: s.n_particles.std() / np.sqrt(len(s)) for name, s in jets.items()}
    # Gluons radiate more than quarks, by up to C_A / C_F = 9/4.
    assert (mean["g"] - 4 * error["g"]) / mean["q"] > 1
    assert mean["g"] / mean["q"] < 9 / 4
    full = {name: (sample.n_particles >= 30).mean() for name, sample in jets.items()}
    assert full["g"] > 0.95
    assert full["t"] > 0.95
    assert full["q"] < min(full["g"], full["t"])


@pytest.mark.slow
def test_without_underlying_event_and_radiation_jets_are_lighter():
    full, bare = sample("w"), sample("w", underlying_event=False, initial_state_radiation=False)
    assert np.median(bare.mass_gev) < np.median(full.mass_gev) - 4 * median_error(full.mass_gev)
    # What is left is the boson, but for particles outside of the cone and neutrinos.
    assert abs(np.median(bare.mass_gev) - 80.4) < 2.5
    assert bare.n_particles.mean() < full.n_particles.mean()
