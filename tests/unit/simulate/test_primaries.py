"""The distributions of the incident particles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from showerkit.geometry import load_detector
from showerkit.simulate.particles import particle_named
from showerkit.simulate.primaries import PrimaryConfig

ZDC = load_detector("zdc-ecal")
IDS = np.arange(4000)


def mean_within(values, expected, spread):
    """Whether a mean is within four standard errors of the expected one."""
    return abs(values.mean() - expected) < 4.0 * spread / np.sqrt(len(values))


@given(st.integers(0, 2**40), st.integers(0, 5000), st.integers(1, 40))
def test_an_event_depends_on_its_number_alone(seed, first, count):
    config = PrimaryConfig(particles=("e-", "gamma", "mu+"), theta_deg=(-25, 25), phi_deg=(0, 180))
    ids = np.arange(first, first + count)
    together = config.sample(seed, ids, ZDC)
    alone = config.sample(seed, ids[-1:], ZDC)
    for name in ("pdg", "energy_mev", "momentum_mev", "position_mm"):
        np.testing.assert_array_equal(getattr(together, name)[-1:], getattr(alone, name))


def test_seeds_differ():
    config = PrimaryConfig()
    assert not np.array_equal(config.sample(1, IDS, ZDC).energy_mev, config.sample(2, IDS, ZDC).energy_mev)


def test_uniform_energies():
    energy = PrimaryConfig(energy_gev=(2, 20)).sample(3, IDS, ZDC).energy_mev.astype(float)
    assert energy.min() > 2000.0
    assert energy.max() <= 20000.0
    assert mean_within(energy, 11000.0, 18000.0 / np.sqrt(12.0))
    assert energy.std() == pytest.approx(18000.0 / np.sqrt(12.0), rel=4 * np.sqrt(0.2 / len(IDS)))


def test_energies_from_zero_are_above_zero():
    assert (PrimaryConfig(energy_gev=(0, 20)).sample(3, IDS, ZDC).energy_mev > 0).all()


def test_log_energies_are_uniform_in_their_logarithm():
    config = PrimaryConfig(energy_gev=(0.1, 10), spectrum="log")
    log_energy = np.log10(config.sample(3, IDS, ZDC).energy_mev.astype(float))
    assert log_energy.min() >= 2.0 - 1e-6
    assert log_energy.max() <= 4.0 + 1e-6
    assert mean_within(log_energy, 3.0, 2.0 / np.sqrt(12.0))


def test_a_list_of_energies_and_particles_has_equal_shares():
    config = PrimaryConfig(particles=("e-", "e+"), energies_gev=(1, 5, 20))
    incident = config.sample(3, IDS, ZDC)
    for energy in (1000.0, 5000.0, 20000.0):
        share = (incident.energy_mev == energy).mean()
        assert abs(share - 1 / 3) < 4.0 * np.sqrt(2 / 9 / len(IDS))
    assert abs((incident.pdg == 11).mean() - 0.5) < 4.0 * 0.5 / np.sqrt(len(IDS))


@pytest.mark.parametrize("name", ["e-", "gamma", "mu-", "proton"])
def test_momentum_and_energy_belong_together(name):
    incident = PrimaryConfig(particles=(name,), energy_gev=(0.01, 5)).sample(3, IDS, ZDC)
    mass = particle_named(name).mass_mev
    kinetic = np.hypot(np.linalg.norm(incident.momentum_mev.astype(float), axis=1), mass) - mass
    np.testing.assert_allclose(kinetic, incident.energy_mev, rtol=1e-4)


def test_directions_follow_the_angles():
    incident = PrimaryConfig(theta_deg=30, phi_deg=90, energy_gev=1).sample(3, IDS[:3], ZDC)
    np.testing.assert_allclose(incident.direction, [[0, 0.5, np.sqrt(3) / 2]] * 3, atol=1e-6)
    wide = PrimaryConfig(theta_deg=(-25, 25), phi_deg=(0, 180), energy_gev=1).sample(3, IDS, ZDC)
    assert np.rad2deg(wide.theta_rad).max() <= 25.0 + 1e-4
    assert mean_within(wide.direction[:, 0], 0.0, wide.direction[:, 0].std())
    assert mean_within(wide.direction[:, 1], 0.0, wide.direction[:, 1].std())
    quadrants = {(x > 0, y > 0) for x, y in wide.direction[:, :2]}
    assert len(quadrants) == 4


def test_the_default_position_covers_one_cell_pitch():
    position = PrimaryConfig(energy_gev=1).sample(3, IDS, ZDC).position_mm.astype(float)
    assert (position[:, 2] == -202.0).all()
    assert np.abs(position[:, :2]).max() <= 0.5 * 30.3
    assert position[:, :2].std(axis=0) == pytest.approx(30.3 / np.sqrt(12.0), rel=4 * np.sqrt(0.2 / len(IDS)))


def test_a_point_and_a_range_of_positions():
    position = PrimaryConfig(energy_gev=1, position_mm=(5.0, (0.0, 10.0))).sample(3, IDS, ZDC).position_mm
    assert (position[:, 0] == 5.0).all()
    assert mean_within(position[:, 1].astype(float), 5.0, 10 / np.sqrt(12))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"energy_gev": (20, 0)}, "from low to high"),
        ({"energy_gev": -1}, "above 0 GeV"),
        ({"energy_gev": 0}, "above 0 GeV"),
        ({"energy_gev": float("nan")}, "finite"),
        ({"energies_gev": (1, -5)}, "greater than 0"),
        ({"energies_gev": ()}, "at least 1"),
        ({"energy_gev": 1, "energies_gev": (1,)}, "not both"),
        ({"energies_gev": (1, 2), "spectrum": "log"}, "no spectrum"),
        ({"spectrum": "log"}, "lower end above 0"),
        ({"theta_deg": (0, 270)}, "within 90"),
        ({"theta_deg": -90}, "within 90"),
        ({"energies_gev": (1, 2), "theta_deg": 200}, "within 90"),
        ({"energy_gev": 2e5}, "at most 100000 GeV"),
        ({"energies_gev": (1, 2e5)}, "at most 100000 GeV"),
        ({"particles": ("quark",)}, "one of e-"),
        ({"particles": ()}, "at least 1"),
        ({"position_mm": (1, 2, 3)}, "position_mm"),
        ({"energy": 3}, "energy"),
    ],
)
def test_what_makes_no_sense_is_refused(values, words):
    with pytest.raises(ValidationError, match=words):
        PrimaryConfig(**values)


def test_a_config_survives_json():
    config = PrimaryConfig(energy_gev=(0, 20), theta_deg=(-25, 25), position_mm=((-5, 5), 0))
    assert PrimaryConfig.model_validate_json(config.model_dump_json()) == config
    listed = PrimaryConfig(energies_gev=(1, 5))
    assert listed.sample(1, IDS, ZDC).energy_mev.max() == 5000.0
