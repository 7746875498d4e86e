"""Incident particles from the words of the command line."""

from __future__ import annotations

import pytest

from showerkit.errors import ConfigurationError
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.primary_options import primaries_from_options


def test_no_options_leave_the_default():
    assert primaries_from_options() is None


def test_every_form():
    config = primaries_from_options(
        ["e-,e+", "gamma"],
        energy="0.5:20",
        spectrum="log",
        theta="-25:25",
        phi="0:180",
        position="-15:15,3",
    )
    assert config == PrimaryConfig(
        particles=("e-", "e+", "gamma"),
        energy_gev=(0.5, 20.0),
        spectrum="log",
        theta_deg=(-25.0, 25.0),
        phi_deg=(0.0, 180.0),
        position_mm=((-15.0, 15.0), 3.0),
    )
    assert primaries_from_options(energy="10") == PrimaryConfig(energy_gev=10.0)
    assert primaries_from_options(energy="1,5,20") == PrimaryConfig(energies_gev=(1.0, 5.0, 20.0))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"energy": "fast"}, "--energy: got 'fast'; expected GeV"),
        ({"energy": "1:2:3"}, "--energy"),
        ({"energy": ""}, "--energy"),
        ({"energy": "20:0"}, "from low to high"),
        ({"energy": "nan"}, "finite"),
        ({"theta": "1,2"}, "--theta"),
        ({"phi": ":"}, "--phi"),
        ({"position": "3"}, "--position"),
        ({"position": "1,2,3"}, "--position"),
        ({"spectrum": "flat"}, "'uniform' or 'log'"),
        ({"particles": ["electron"]}, "did you mean 'e-'"),
        ({"particles": ["e-,ep"]}, "unknown particle 'ep'"),
    ],
)
def test_what_cannot_be_read_is_named(options, words):
    with pytest.raises(ConfigurationError, match=words):
        primaries_from_options(**options)


@pytest.mark.parametrize("energy", ["20000", "0:20000", "5000,20000"])
def test_energies_that_were_meant_in_mev_are_warned_of(energy):
    with pytest.warns(UserWarning, match="20000 GeV = 20 TeV; it is in GeV, not MeV"):
        primaries_from_options(energy=energy)


def test_energies_of_a_tev_are_nothing_unusual():
    assert primaries_from_options(energy="1:1000") is not None
