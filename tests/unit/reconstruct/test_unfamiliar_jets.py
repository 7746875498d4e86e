"""Jets unlike those of a calibration's training are counted and told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from showerkit.errors import ShowerkitError
from showerkit.reconstruct.unfamiliar_jets import UnfamiliarJets

from .toy_jets import toy_jets

RANGES = {"pt_gev": [20.0, 160.0], "abs_eta": [0.0, 2.6], "pile_up": [0.0, 0.0], "rho_gev": [0.0, 10.0]}
SAMPLE = {"process": "qcd", "detector": "particle-flow", "cone_radius": 0.4, "pile_up": 0.0,
          "smearing": {"tracker": {"constant": 0.007}, "hcal": {"cell": 0.087}}}  # fmt: skip
TOLD = {"name": "example", "valid_range": RANGES, "sample": SAMPLE}


def told(jets, settings=SAMPLE, description=TOLD, parts=1):
    seen = UnfamiliarJets(description, settings)
    for rows in np.array_split(np.arange(len(jets)), parts):
        seen.add(jets[rows])
    return seen.warnings()


@pytest.fixture
def jets():
    found = toy_jets(200, seed=1)
    ones = np.ones(200)
    return replace(found, pt_gev=50 * ones, eta=ones, pile_up=0 * ones, rho_gev=3 * ones)


def test_familiar_jets_need_no_words(jets):
    assert told(jets) == []
    assert told(replace(jets, pt_gev=np.full(200, 161.0))) == [], "an end may lie a little beyond"
    assert told(jets, {}, {"name": "says nothing"}) == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("pt_gev", 300.0, "uncalibrated pT up to 300 GeV, outside the 20 to 160 GeV"),
        ("pt_gev", 5.0, "uncalibrated pT down to 5 GeV, outside the 20 to 160 GeV"),
        ("eta", -4.0, "|eta| up to 4, outside the 0 to 2.6"),
        ("pile_up", 40.0, "number of further collisions up to 40, outside the 0 to 0"),
        ("rho_gev", 25.0, "density rho up to 25 GeV, outside the 0 to 10 GeV"),
    ],
)
def test_each_range_has_a_line(jets, name, value, line):
    values = getattr(jets, name).copy()
    values[[3, 50, 51, 199]] = value
    for parts in (1, 7):
        found = told(replace(jets, **{name: values}), parts=parts)
        assert found == [f"4 of 200 jets (2 %): {line} that model 'example' was trained on"]


@pytest.mark.parametrize(
    ("settings", "here", "there"),
    [
        ({"process": "b"}, "process b", "qcd"),
        ({"detector": None, "smearing": {}}, "detector none", "particle-flow"),
        (
            {"smearing": {"tracker": {"constant": 0.1}, "hcal": {"cell": 0.1}}},
            "detector particle-flow with other numbers (hcal.cell, tracker.constant)",
            "its own",
        ),
        ({"cone_radius": 0.8}, "cone_radius 0.8", "0.4"),
    ],
)
def test_other_settings_concern_all_jets(jets, settings, here, there):
    line = f"all 200 jets: {here}, but model 'example' was trained on {there}"
    assert told(jets, SAMPLE | settings) == [line]


def test_the_spectrum_is_no_setting_to_warn_of(jets):
    assert told(jets, SAMPLE | {"pile_up": 10.0}) == []


def test_a_range_that_is_none_is_told():
    with pytest.raises(ShowerkitError, match="valid range of the uncalibrated pT: got wide"):
        UnfamiliarJets({"valid_range": {"pt_gev": "wide"}}, {})
