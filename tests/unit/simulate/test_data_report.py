"""Official data sets are found, their versions compared, and what is missing is told physics by physics."""

from __future__ import annotations

import pytest

from showerkit.simulate.geant4.data_folders import HADRONIC_FILES, first_missing_file
from showerkit.simulate.geant4.data_report import examine_data_sets, examine_physics
from showerkit.simulate.geant4.official_data import (
    OFFICIAL_SETS,
    PHYSICS_UNUSED,
    PHYSICS_USED,
    official_set,
    sets_for,
)
from showerkit.workflow.physics_data import examine_physics_data

Z = (1, 6, 8, 26, 74, 82, 92)


def fill(folder, variable):
    """Make the files that a set is looked at for."""
    patterns = HADRONIC_FILES.get(variable, ("some-file",))
    if variable == "G4LEDATA":
        phot = [f"epics2017/phot/pe-{kind}-{{z}}.dat" for kind in ("cs", "high", "low")]
        patterns = ("brem_SB/br{z}", *phot, "epics2017/rayl/re-cs-{z}.dat")
    for pattern in patterns:
        for z in Z:
            file = folder / pattern.format(z=z)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("1")


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A home and a cache without data."""
    for known in OFFICIAL_SETS:
        monkeypatch.delenv(known.variable, raising=False)
    monkeypatch.delenv("GEANT4_DATA_DIR", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOWERKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("showerkit.simulate.geant4.data_report._USUAL_FOLDERS", ())
    return tmp_path


def state_of(findings, name):
    return next(finding for finding in findings if finding.expected.name == name)


def test_nothing_there_is_told_set_by_set_and_physics_by_physics(alone):
    found = examine_data_sets()
    assert [finding.state for finding in found] == ["missing"] * 12
    physics = examine_physics(found)
    assert {one.physics for one in physics if one.used} == set(PHYSICS_USED)
    assert {one.physics for one in physics if not one.used} == set(PHYSICS_UNUSED)
    tables = {**PHYSICS_USED, **PHYSICS_UNUSED}
    assert all(one.missing == tables[one.physics] for one in physics)


def test_sets_are_found_in_variables_downloads_and_the_cache(alone, monkeypatch):
    places = {
        "G4EMLOW": alone / "cache" / "geant4-data",
        "G4ENSDFSTATE": alone / "home" / ".geant4_pybind",
        "G4PARTICLEXS": alone / "elsewhere",
    }
    for name, base in places.items():
        known = official_set(name)
        fill(base / known.folder, known.variable)
    monkeypatch.setenv("G4PARTICLEXSDATA", str(alone / "elsewhere" / "G4PARTICLEXS4.2"))
    found = examine_data_sets()
    for name, base in places.items():
        finding = state_of(found, name)
        assert (finding.state, finding.folder.parent, finding.in_use) == ("ok", base, True)
    lacking = {one.physics: one.missing for one in examine_physics(found)}
    assert lacking["hadrons (FTFP_BERT)"] == ("PhotonEvaporation",)
    assert not lacking["electromagnetic showers (G4EmStandardPhysics)"]


@pytest.mark.parametrize(
    ("folder", "state"),
    [("G4EMLOW8.8", "ok"), ("G4EMLOW7.13", "other version"), ("low-energy", "no version")],
)
def test_versions_are_compared(alone, monkeypatch, folder, state):
    fill(alone / folder, "G4LEDATA")
    monkeypatch.setenv("G4LEDATA", str(alone / folder))
    finding = state_of(examine_data_sets(), "G4EMLOW")
    assert finding.state == state
    assert finding.serves
    if state != "ok":
        assert "8.8 is expected" in finding.detail


def test_an_incomplete_set_is_told_with_the_file_it_lacks(alone, monkeypatch):
    folder = alone / "G4EMLOW8.8"
    fill(folder, "G4LEDATA")
    (folder / "brem_SB" / "br82").unlink()
    monkeypatch.setenv("G4LEDATA", str(folder))
    finding = state_of(examine_data_sets(), "G4EMLOW")
    assert (finding.state, finding.lacks, finding.serves) == ("incomplete", "brem_SB/br82", False)


def test_installations_that_no_variable_names_are_pointed_at(alone, monkeypatch):
    monkeypatch.setenv("CONDA_PREFIX", str(alone / "conda"))
    data = alone / "conda" / "share" / "Geant4" / "data"
    fill(data / "G4NDL4.7.1", "G4NEUTRONHPDATA")
    finding = state_of(examine_data_sets(), "G4NDL")
    assert (finding.state, finding.serves) == ("ok", False)
    assert f"GEANT4_DATA_DIR={data}" in finding.detail


def test_the_doctor_says_how_to_get_what_is_missing(alone, monkeypatch):
    monkeypatch.setattr("showerkit.workflow.geant4_check.installed_geant4", lambda: "11.4.1")
    lines = {finding.name: finding for finding in examine_physics_data().findings}
    assert lines["Geant4"].mark == "ok"
    assert lines["G4EMLOW"].mark == "absent"
    assert "showerkit doctor --download-physics-data G4EMLOW" in lines["to get them"].detail
    assert "https://cern.ch/geant4-data/datasets" in lines["by hand"].detail
    for known in sets_for(PHYSICS_USED):
        fill(alone / "cache" / "geant4-data" / known.folder, known.variable)
    lines = {finding.name: finding for finding in examine_physics_data().findings}
    assert lines["hadrons (FTFP_BERT)"].detail == "official data"
    assert "to get them" not in lines


def test_another_release_of_geant4_is_told(alone, monkeypatch):
    monkeypatch.setattr("showerkit.workflow.geant4_check.installed_geant4", lambda: "12.0.0")
    line = examine_physics_data().findings[0]
    assert line.mark == "check"
    assert "12.0.0" in line.detail


def test_what_is_listed_is_whole_and_well_formed():
    assert len({known.variable for known in OFFICIAL_SETS}) == len(OFFICIAL_SETS) == 12
    assert all(len(known.md5) == 32 and int(known.md5, 16) for known in OFFICIAL_SETS)
    assert first_missing_file("G4NEUTRONHPDATA", __import__("pathlib").Path("/nonexistent")) == "all files"
