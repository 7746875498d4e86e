from __future__ import annotations

from typing import get_args

import pytest

from showerkit.errors import ConfigurationError
from showerkit.simulate.jets.config import JetProcess, JetProcessConfig
from showerkit.simulate.jets.pythia_settings import pythia_seed, pythia_settings
from showerkit.workflow.jet_options import jet_process_from_options


@pytest.mark.parametrize(
    ("process", "settings", "words"),
    [
        ("x", {}, "'process': got 'x'"),
        ("g", {"constituents": 0}, "'constituents': got 0"),
        ("g", {"parton_pt": "5"}, "--parton-pt: got '5'"),
        ("g", {"jet_pt": "900:800"}, "jet_pt_gev from low to high"),
        ("g", {"parton_pt": "7000:8000"}, "below half the energy"),
        ("g", {"matching_distance": 1.3}, "'matching_distance': got 1.3"),
        ("g", {"smearing": "cms"}, "'smearing': got 'cms'"),
    ],
)
def test_wrong_options_are_named(process, settings, words):
    with pytest.raises(ConfigurationError, match=words):
        jet_process_from_options(process, **settings)


@pytest.mark.parametrize("process", get_args(JetProcess))
def test_switches_reach_pythia(process):
    on = pythia_settings(JetProcessConfig(process=process), 1)
    off = pythia_settings(
        JetProcessConfig(process=process, underlying_event=False, initial_state_radiation=False), 1
    )
    assert {"PartonLevel:MPI = on", "PartonLevel:ISR = on"} <= set(on)
    assert set(on) ^ set(off) == {
        f"PartonLevel:{what} = {how}" for what in ("MPI", "ISR") for how in ("on", "off")
    }


def test_seeds_are_pythias_and_differ():
    seeds = {pythia_seed(seed, block) for seed in range(5) for block in range(200)}
    assert len(seeds) == 1000
    assert min(seeds) >= 1
    assert max(seeds) <= 900_000_000
