"""Matched jets: a perfect detector gives the truth, single particles the known resolution, weights nature."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pythia8mc")
pytest.importorskip("fastjet")

from showerkit.simulate.jets import pile_up
from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
from showerkit.simulate.jets.calibration_events import DijetEvents, DijetSource, Partons
from showerkit.simulate.jets.calibration_finder import Overlay, calibration_jets
from showerkit.simulate.jets.smearing import DETECTORS
from showerkit.simulate.jets.visible_particles import VisibleParticles

CONFIG = CalibrationJetConfig()
PERFECT = CalibrationJetConfig(detector=None)
N = 4000
CMS = DETECTORS["cms-like"]


@pytest.fixture(scope="module")
def source():
    return DijetSource(CONFIG, seed=1)


@pytest.fixture(scope="module")
def events(source):
    return source.block(2)


def single_particles(pdg, energy, cell, n=N):
    """Events of one particle each, in the middle of a cell of this size."""
    eta = 17.5 * cell
    columns = round(2 * np.pi / cell)
    phi = 10.5 * 2 * np.pi / columns
    pt = energy / np.cosh(eta)
    momenta = np.tile([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], (n, 1))
    ones = np.ones(n, dtype=np.int64)
    return DijetEvents(
        np.arange(n),
        np.ones(n),
        Partons(np.full(n, 21, dtype=np.int32), momenta, ones),
        VisibleParticles(np.full(n, pdg, dtype=np.int32), momenta, np.full(n, energy), ones),
    )


def test_a_block_depends_on_its_number_alone(source, events):
    source.block(0)
    again = source.block(2)
    np.testing.assert_array_equal(again.weight, events.weight)
    np.testing.assert_array_equal(again.visible.momenta_gev, events.visible.momenta_gev)


def test_a_perfect_detector_sees_the_truth(events):
    jets = calibration_jets(events, PERFECT, np.random.default_rng(1))
    assert len(jets) > 50
    np.testing.assert_allclose(jets.response, 1.0, rtol=1e-6)
    for seen, true in ((jets.eta, jets.true_eta), (jets.phi, jets.true_phi)):
        np.testing.assert_allclose(seen, true, atol=1e-6)
    # The candidates add up to the jet, as none is cut.
    assert (jets.n_candidates == jets.mask.sum(axis=1)).all()
    pt, phi = jets.candidates[..., 0].astype(float), jets.candidates[..., 2]
    total = np.hypot((pt * np.cos(phi)).sum(axis=1), (pt * np.sin(phi)).sum(axis=1))
    np.testing.assert_allclose(total, jets.pt_gev, rtol=1e-5)


def test_true_jets_do_not_depend_on_the_detector(events):
    perfect = calibration_jets(events, PERFECT, np.random.default_rng(1))
    smeared = calibration_jets(events, CONFIG, np.random.default_rng(1))
    low, high = CONFIG.true_pt_gev
    for jets in (perfect, smeared):
        assert ((jets.true_pt_gev > low) & (jets.true_pt_gev < high)).all()
        assert (np.abs(jets.true_eta) < CONFIG.jet_abs_eta_max).all()
    # A jet is lost only where none is found within 0.2: those that are left are among the perfect ones.
    assert np.isin(smeared.true_pt_gev, perfect.true_pt_gev).all()
    assert len(smeared) > 0.9 * len(perfect)
    # Losses are the only bias: the response is below 1 and above what is left without neutral hadrons.
    assert 0.85 < np.median(smeared.response) < 1.0


def test_most_jets_have_a_parton(events):
    jets = calibration_jets(events, PERFECT, np.random.default_rng(1))
    assert (jets.flavour == 0).mean() < 0.1
    assert (jets.flavour == 21).mean() > 0.4


@pytest.mark.parametrize(
    ("pdg", "energy", "part"), [(22, 60.0, "ecal"), (130, 80.0, "hcal"), (130, 120.0, "hcal")]
)
def test_jets_of_one_particle_have_its_resolution(pdg, energy, part):
    calorimeter = getattr(CMS, part)
    config = CalibrationJetConfig(detector="cms-like", isolation_fraction=1.0)
    events = single_particles(pdg, energy, calorimeter.cell)
    jets = calibration_jets(events, config, np.random.default_rng(3))
    assert len(jets) == N
    terms = (calorimeter.stochastic / np.sqrt(energy), calorimeter.noise_gev / energy, calorimeter.constant)
    sigma = np.sqrt(np.sum(np.square(terms)))
    assert abs(jets.response.mean() - 1.0) < 5 * sigma / np.sqrt(N)
    assert abs(jets.response.std() - sigma) < 5 * sigma / np.sqrt(2 * N)
    assert (jets.flavour == 21).all()
    assert (jets.candidates[:, 0, 4] == (1 if pdg == 22 else 2)).all()


@pytest.mark.parametrize(
    ("pdg", "classes"),
    [(22, {1: 0.97}), (130, {2: 0.95}), (211, {0: 0.9, 2: 0.1 * 0.95}), (13, {4: 0.98})],
)
def test_particle_flow_loses_what_it_should(pdg, classes):
    events = single_particles(pdg, 100.0, CMS.hcal.cell)
    jets = calibration_jets(events, CONFIG, np.random.default_rng(4))
    for code, share in classes.items():
        found = (jets.candidates[:, 0, 4] == code).sum()
        assert abs(found - N * share) < 5 * np.sqrt(N * share * (1 - share)), code
    assert abs(len(jets) - N * sum(classes.values())) < 5 * np.sqrt(N * 0.05)


def test_weights_undo_the_bias():
    means, errors, plain, plain_errors = [], [], [], []
    for power in (0.0, 6.0):
        config = CalibrationJetConfig(
            true_pt_gev=(100.0, 150.0), parton_pt_margins=(1.0, 1.0), bias_power=power,
            underlying_event=False,
        )  # fmt: skip
        source = DijetSource(config, seed=2)
        blocks = [source.block(number) for number in range(3)]
        weight = np.concatenate([block.weight for block in blocks])
        hardest = np.concatenate([hardest_parton(block.partons) for block in blocks])
        expected = np.clip(hardest, 100, 150)
        mean = np.average(expected, weights=weight)
        means.append(mean)
        errors.append(np.sqrt(np.sum((weight * (expected - mean)) ** 2)) / weight.sum())
        plain.append(expected.mean())
        plain_errors.append(expected.std() / np.sqrt(len(expected)))
        if power == 0.0:
            np.testing.assert_allclose(weight, weight[0])
        else:
            assert weight.max() <= 1.0 + 1e-9
            assert weight.min() >= 1.5**-6 - 1e-9
    assert abs(means[1] - means[0]) < 5 * np.hypot(*errors)
    # Without weights they are apart: the bias is there.
    assert plain[1] - plain[0] > 3 * np.hypot(*plain_errors)


def hardest_parton(partons):
    pt = np.hypot(partons.momenta_gev[:, 0], partons.momenta_gev[:, 1])
    return np.maximum.reduceat(pt, np.cumsum(partons.counts) - partons.counts)


def test_pile_up_adds_to_the_detector_alone(events, monkeypatch):
    monkeypatch.setattr(pile_up, "_POOL", 200)
    config = CalibrationJetConfig(pile_up=20.0)
    pile = pile_up.PileUp(config, 1, lambda: None)
    numbers, particles = pile.draw(len(events.event_id), np.random.default_rng(5))
    n = len(numbers)
    assert abs(numbers.mean() - 20) < 5 * np.sqrt(20 / n)
    without = calibration_jets(events, CONFIG, np.random.default_rng(6))
    kept = calibration_jets(events, config, np.random.default_rng(6), Overlay(numbers, particles))
    all_tracks = calibration_jets(
        events, config.model_copy(update={"charged_subtraction": False}), np.random.default_rng(6),
        Overlay(numbers, particles),
    )  # fmt: skip
    np.testing.assert_array_equal(kept.pile_up, numbers[kept.event_id - events.event_id[0]])
    assert np.isin(
        kept.true_pt_gev, calibration_jets(events, PERFECT, np.random.default_rng(1)).true_pt_gev
    ).all()
    # Neutral particles stay, tracks are left out: density and response rise in this order.
    assert without.rho_gev.mean() < kept.rho_gev.mean() < all_tracks.rho_gev.mean()
    assert np.median(without.response) < np.median(kept.response) < np.median(all_tracks.response)
    area = np.pi * config.cone_radius**2
    excess = np.median(all_tracks.pt_gev - all_tracks.true_pt_gev)
    assert 0.3 * area * all_tracks.rho_gev.mean() < excess < 2.0 * area * all_tracks.rho_gev.mean()
