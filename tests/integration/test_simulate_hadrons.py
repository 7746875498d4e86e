"""Hadrons run where data for them are there; stand-in cross sections test the way, not the physics."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.physics_list import HADRONIC
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow import simulate, validate

ENERGIES_MEV = (1e-11, 1e-3, 1.0, 20.0, 100.0, 1e3, 2e4)


def write_constant(path: Path, cross_section_mm2: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"{ENERGIES_MEV[0]:e} {ENERGIES_MEV[-1]:e} {len(ENERGIES_MEV)}\n{len(ENERGIES_MEV)}\n"
    path.write_text(head + "".join(f"{energy:e} {cross_section_mm2:e}\n" for energy in ENERGIES_MEV))


@pytest.fixture
def hadronic_data(tmp_path, monkeypatch):
    """Folders in the form of the official sets: electromagnetic tables, and black discs for nuclei."""
    embedded = find_physics_data().environment
    root = tmp_path / "data"
    shutil.copytree(embedded["G4LEDATA"], root / "G4EMLOW")
    for z in range(1, 101):
        area_mm2 = math.pi * (1.2e-12) ** 2 * (2.2 * z) ** (2.0 / 3.0)
        for kind, share in (("inel", 1.0), ("el", 0.9), ("cap", 1e-4)):
            write_constant(root / "G4PARTICLEXS" / "neutron" / f"{kind}{z}", share * area_mm2)
        for particle in ("proton", "deuteron", "triton", "He3", "alpha", "gamma"):
            write_constant(root / "G4PARTICLEXS" / particle / f"inel{z}", area_mm2)
    (root / "PhotonEvaporation").mkdir()
    (root / "PhotonEvaporation" / "z82.a207").write_text("\n")
    (root / "G4ENSDFSTATE").mkdir()
    (root / "G4ENSDFSTATE" / "ENSDFSTATE.dat").write_text("\n")
    for name, folder in (
        ("G4LEDATA", "G4EMLOW"),
        ("G4PARTICLEXSDATA", "G4PARTICLEXS"),
        ("G4LEVELGAMMADATA", "PhotonEvaporation"),
        ("G4ENSDFSTATEDATA", "G4ENSDFSTATE"),
    ):
        monkeypatch.setenv(name, str(root / folder))


@pytest.mark.usefixtures("hadronic_data")
def test_pions_shower_and_say_by_which_physics(tmp_path):
    pions = PrimaryConfig(particles=("pi+",), energy_gev=3.0)
    one = simulate("toy-hcal", tmp_path / "one.h5", n=12, primaries=pions, seed=5, workers=1)
    two = simulate("toy-hcal", tmp_path / "two.h5", n=12, primaries=pions, seed=5, workers=2)
    assert validate(one) == []
    assert one.read_bytes() == two.read_bytes()
    with ShowerFile(one) as file:
        assert file.metadata.settings["physics_list"] == HADRONIC
    showers = read_showers(one)
    # A pion that only ionised would cross all 17 layers in one or two cells each.
    depth = (showers.energy_mev.reshape(12, 17, 64) > 0).sum(axis=2)
    assert depth.max(axis=1).max() > 4
    assert (showers.total_mev > 0).all()
    assert (showers.total_mev < showers.incident.energy_mev).all()
    assert np.unique(showers.total_mev).size == 12
