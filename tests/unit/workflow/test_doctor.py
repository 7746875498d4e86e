"""The doctor sees what is there and says what is missing."""

from __future__ import annotations

from importlib import import_module, metadata

import pytest

from showerkit.errors import PhysicsDataError
from showerkit.workflow.doctor import doctor


def by_name(diagnosis):
    return {finding.name: finding for finding in diagnosis.findings}


@pytest.fixture(scope="module")
def diagnosis():
    return doctor()


def test_a_whole_installation_is_healthy(diagnosis):
    assert diagnosis.healthy
    assert by_name(diagnosis)["Geant4"].mark == "ok"


def test_it_says_what_hadrons_are_simulated_with(diagnosis):
    from showerkit.simulate.geant4.physics_data import find_physics_data

    official = find_physics_data().hadrons == "official"
    detail = by_name(diagnosis)["hadrons"].detail
    assert detail == ("official data" if official else "approximate tables, made when first needed")


def test_versions_are_those_installed(diagnosis):
    for package in ("numpy", "h5py", "geant4-pybind"):
        assert by_name(diagnosis)[package].detail == metadata.version(package)


def test_every_requirement_is_looked_at(diagnosis):
    required = [line for line in metadata.requires("showerkit") if "extra ==" not in line]
    assert len(required) > 10
    names = by_name(diagnosis)
    for line in required:
        assert any(line.startswith(name) for name in names), line


def test_a_missing_package_is_told(monkeypatch):
    real = metadata.version

    def version(name):
        if name == "h5py":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", version)
    # By the module's name in full: as an attribute of the package, `doctor` is the function.
    monkeypatch.setattr(import_module("showerkit.workflow.doctor"), "_geant4", list)
    diagnosis = doctor()
    assert not diagnosis.healthy
    assert by_name(diagnosis)["h5py"].mark == "MISSING"
    assert "pip install h5py" in by_name(diagnosis)["h5py"].detail


def test_missing_geant4_data_are_told(monkeypatch):
    def nothing_there():
        raise PhysicsDataError("the cache", got="no permission", mend="name another")

    monkeypatch.setattr("showerkit.simulate.geant4.physics_data.find_physics_data", nothing_there)
    finding = by_name(doctor())["Geant4 data"]
    assert finding.mark == "MISSING"
    assert "no permission" in finding.detail
