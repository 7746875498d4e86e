"""The table of particles."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import ConfigurationError, DataError
from showerkit.simulate.particles import PARTICLES, hadrons_among, particle_named


def test_names_and_codes_are_unique():
    assert len({particle.name for particle in PARTICLES}) == len(PARTICLES)
    assert len({particle.pdg for particle in PARTICLES}) == len(PARTICLES)


def test_antiparticles_have_equal_masses():
    mass = {particle.pdg: particle.mass_mev for particle in PARTICLES}
    pairs = [code for code in mass if -code in mass]
    assert len(pairs) == 8
    assert all(mass[code] == mass[-code] for code in pairs)


def test_an_unknown_name_suggests_a_known_one():
    with pytest.raises(ConfigurationError, match="did you mean 'gamma'"):
        particle_named("gama")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("electron", "e-"),
        ("Photon", "gamma"),
        ("11", "e-"),
        ("-211", "pi-"),
        ("pion-", "pi-"),
        ("K+", "kaon+"),
    ],
)
def test_usual_names_and_codes_lead_to_the_known_name(said, meant):
    with pytest.raises(ConfigurationError) as caught:
        particle_named(said)
    assert caught.value.mend == f"did you mean '{meant}'?"


def test_hadrons_are_found():
    assert hadrons_among(np.array([11, -13, 22])) == []
    assert hadrons_among(np.array([2112, 11, 211])) == ["pi+", "neutron"]


def test_a_foreign_code_is_refused():
    with pytest.raises(DataError, match="got 1000020040"):
        hadrons_among(np.array([11, 1000020040]))
