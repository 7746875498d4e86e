"""The parametric detector: its widths, its cells, its thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from showerkit.simulate.jets.hadron_response import HadronResponseConfig
from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity
from showerkit.simulate.jets.smearing import DETECTORS, smeared
from showerkit.simulate.jets.visible_particles import VisibleParticles

CMS = DETECTORS["cms-like"]
N = 20000


def particles(pdg, energy, eta=0.3, phi=0.7, per_event=1, mass=0.0, n=N):
    """Equal particles, so many to an event."""
    pt = np.sqrt(energy**2 - mass**2) / np.cosh(eta)
    momentum = np.array([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    return VisibleParticles(
        np.full(n, pdg, dtype=np.int32),
        np.tile(momentum, (n, 1)),
        np.full(n, energy),
        np.full(n // per_event, per_event),
    )


def assert_width(values, expected, centre):
    """Mean and standard deviation within five standard errors."""
    n = len(values)
    assert abs(values.mean() - centre) < 5 * expected / np.sqrt(n)
    assert abs(values.std() - expected) < 5 * expected / np.sqrt(2 * n)


@pytest.mark.parametrize("energy", [5.0, 50.0, 500.0])
def test_photons_have_the_resolution_of_the_ecal(energy):
    seen = smeared(particles(22, energy), CMS, np.random.default_rng(1))
    sigma = energy * np.sqrt(0.028**2 / energy + (0.12 / energy) ** 2 + 0.003**2)
    assert_width(seen.energy_gev, sigma, energy)


@pytest.mark.parametrize("energy", [50.0, 500.0])
def test_neutral_hadrons_have_that_of_the_hcal(energy):
    seen = smeared(particles(130, energy, mass=0.498), CMS, np.random.default_rng(2))
    assert_width(seen.energy_gev, energy * np.sqrt(1.0 / energy + 0.05**2), energy)


@pytest.mark.parametrize("pt", [10.0, 300.0])
def test_tracks_keep_their_direction_and_mass(pt):
    energy = np.sqrt((pt * np.cosh(0.3)) ** 2 + 0.1396**2)
    before = particles(211, energy, mass=0.1396)
    seen = smeared(before, CMS, np.random.default_rng(3))
    found = np.hypot(seen.momenta_gev[:, 0], seen.momenta_gev[:, 1])
    assert_width(found, pt * np.hypot(1.5e-4 * pt, 0.005), pt)
    np.testing.assert_allclose(pseudorapidity(seen.momenta_gev), 0.3, rtol=1e-9)
    np.testing.assert_allclose(azimuth(seen.momenta_gev), 0.7, rtol=1e-9)
    mass = np.sqrt(seen.energy_gev**2 - (seen.momenta_gev**2).sum(axis=1))
    np.testing.assert_allclose(mass, 0.1396, rtol=0.01 * max(pt / 10, 1) ** 2)


def test_particles_in_one_cell_are_one():
    seen = smeared(particles(22, 10.0, per_event=4), CMS, np.random.default_rng(4))
    assert set(seen.counts.tolist()) == {1}
    assert_width(seen.energy_gev, 40 * np.sqrt(0.028**2 / 40 + (0.12 / 40) ** 2 + 0.003**2), 40.0)


@pytest.mark.parametrize("detector", ["ecal", "hcal"])
def test_cells_lie_no_further_than_half_an_edge(detector):
    random = np.random.default_rng(5)
    edge = getattr(CMS, detector).cell
    eta, phi = random.uniform(-2.9, 2.9, N), random.uniform(-np.pi, np.pi, N)
    pt = 200.0 / np.cosh(eta)
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    code = 22 if detector == "ecal" else 130
    before = VisibleParticles(np.full(N, code, np.int32), momenta, np.full(N, 200.0), np.ones(N, np.int64))
    seen = smeared(before, CMS, random)
    assert len(seen.pdg) == N
    assert np.abs(pseudorapidity(seen.momenta_gev) - eta).max() <= edge / 2 * (1 + 1e-9)
    distance = np.abs(azimuth(seen.momenta_gev) - phi)
    assert np.minimum(distance, 2 * np.pi - distance).max() <= edge * 0.51
    np.testing.assert_array_equal(seen.event, np.arange(N))


def test_thresholds_and_acceptance():
    def share(*arguments, **settings):
        before = particles(*arguments, **settings)
        return len(smeared(before, CMS, np.random.default_rng(6)).pdg) / N

    assert share(211, 0.45, mass=0.1396) == 0.0  # below the tracker's pT
    assert share(22, 10.0, eta=3.5) == 0.0  # beyond the ECAL
    assert share(211, 100.0, eta=3.5, mass=0.1396) == 1.0  # the HCAL sees it
    assert share(13, 100.0, eta=3.5, mass=0.1057) == 0.0  # no calorimeter sees muons
    assert share(13, 100.0, eta=1.0, mass=0.1057) == 1.0


def test_no_event_takes_anothers_particles():
    random = np.random.default_rng(7)
    counts = random.integers(0, 30, 200)
    n = int(counts.sum())
    code = random.choice([22, 211, 130, 11, 13], n)
    momenta = random.normal(0, 20, (n, 3))
    before = VisibleParticles(code.astype(np.int32), momenta, np.linalg.norm(momenta, axis=1) + 0.2, counts)
    together = smeared(before, CMS, np.random.default_rng(8))
    empty = counts == 0
    assert (together.counts[empty] == 0).all()
    assert (together.counts <= counts).all()
    assert together.counts.sum() == len(together.pdg)


@pytest.mark.parametrize("energy", [2.0, 10.0, 200.0])
def test_an_hcal_that_does_not_compensate_reads_the_mean_response(energy):
    hcal = CMS.hcal.model_copy(update={"response": HadronResponseConfig()})
    detector = CMS.model_copy(update={"hcal": hcal})
    seen = smeared(particles(130, energy, mass=0.498, n=N), detector, np.random.default_rng(4))
    ratio = HadronResponseConfig().mean(np.array([energy])).item()
    # The threshold cuts off fluctuations downwards where the resolution is wide.
    if energy > 5.0:
        sigma = np.hypot(np.sqrt(ratio * energy), 0.05 * ratio * energy)
        assert_width(seen.energy_gev, sigma, ratio * energy)
    full = smeared(particles(130, energy, mass=0.498, n=N), CMS, np.random.default_rng(4))
    assert (seen.energy_gev.mean() < full.energy_gev.mean()) == (energy < 50.0)


def linking(sigma, **changes):
    """A detector of tracks and cells in which tracked hadrons leave their energy as well."""
    hcal = CMS.hcal.model_copy(update={"linking_sigma": sigma, "lowest_energy_gev": 0.0, **changes})
    return CMS.model_copy(update={"hcal": hcal})


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_fluctuations_of_charged_hadrons_feign_neutral_ones_as_often_as_a_normal_law_says(sigma):
    seen = smeared(particles(211, 20.0, mass=0.1396), linking(sigma), np.random.default_rng(9))
    feigned = (seen.pdg == 130).sum()
    share = norm.sf(sigma)
    assert (seen.pdg == 211).sum() == N
    assert abs(feigned - N * share) < 5 * np.sqrt(N * share * (1 - share))
    assert seen.energy_gev[seen.pdg == 130].min() > sigma * np.hypot(np.sqrt(20.0), 0.05 * 20.0)


def test_a_neutral_hadron_is_what_a_cell_has_beyond_its_track():
    exact = linking(0.0, stochastic=0.0, constant=0.0)
    one, other = particles(211, 20.0, mass=0.1396, n=100), particles(130, 7.0, mass=0.498, n=100)
    both = VisibleParticles(
        np.stack([one.pdg, other.pdg], axis=1).ravel(),
        np.stack([one.momenta_gev, other.momenta_gev], axis=1).reshape(-1, 3),
        np.stack([one.energy_gev, other.energy_gev], axis=1).ravel(),
        np.full(100, 2),
    )
    seen = smeared(both, exact, np.random.default_rng(10))
    np.testing.assert_allclose(seen.energy_gev[seen.pdg == 130], 7.0)
    assert (seen.counts == 2).all()


def test_a_track_whose_particle_stops_before_the_cell_hides_a_neutral_one():
    lost = linking(0.0, stochastic=0.0, constant=0.0, efficiency=0.0)
    seen = smeared(particles(211, 20.0, mass=0.1396), lost, np.random.default_rng(11))
    assert (seen.pdg == 211).all()
