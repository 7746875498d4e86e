"""Hadrons run with official data (stand-in cross sections here) and with the approximate tables."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.geometry import Calorimeter, Layer, Material
from showerkit.geometry.detectors.shared_materials import AIR
from showerkit.progress import SilentProgress
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.physics_list import HADRONIC
from showerkit.simulate.particles import particle_named
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


class Notes(SilentProgress):
    """Keeps what the user is told."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        self.lines.append(message)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Hadrons, a muon and photons in one sample, with the approximate tables."""
    told = Notes()
    particles = ("pi+", "pi-", "proton", "neutron", "kaon+", "mu-", "gamma", "e-")
    primaries = PrimaryConfig(particles=particles, energy_gev=4.0)
    path = tmp_path_factory.mktemp("mixed") / "one.h5"
    return simulate("toy-hcal", path, n=240, primaries=primaries, workers=1, progress=told), primaries, told


def test_a_mixed_sample_needs_no_official_data_and_says_so(mixed):
    path, primaries, told = mixed
    assert validate(path) == []
    with ShowerFile(path) as file:
        assert file.metadata.settings["physics_list"] == HADRONIC
        assert "approximate hadronic tables" in file.metadata.physics_data
    (warning,) = told.lines
    assert warning.startswith("warning: pi+, pi-, proton, neutron, kaon+ with approximate hadronic tables")
    showers = read_showers(path)
    found = set(showers.incident.pdg.tolist())
    assert found == {particle_named(name).pdg for name in primaries.particles}


def test_hadronic_showers_do_not_depend_on_the_number_of_workers(mixed, tmp_path):
    path, primaries, _ = mixed
    two = simulate("toy-hcal", tmp_path / "two.h5", n=240, primaries=primaries, workers=2)
    assert two.read_bytes() == path.read_bytes()


def test_electrons_bring_no_hadronic_tables(tmp_path):
    told = Notes()
    few = PrimaryConfig(energy_gev=0.1)
    path = simulate("zdc-ecal", tmp_path / "e.h5", n=2, primaries=few, workers=1, progress=told)
    assert told.lines == []
    with ShowerFile(path) as file:
        assert "hadronic" not in file.metadata.physics_data


@pytest.fixture(scope="module")
def iron_block():
    """Three metres of iron, all of it active: nothing but neutrinos and what binds nuclei is missed."""
    iron = Material(name="iron", density_g_cm3=7.874, mass_fractions={"Fe": 1.0})
    return Calorimeter(
        name="iron-block",
        cells_x=1,
        cells_y=1,
        pitch_x_mm=3000.0,
        pitch_y_mm=3000.0,
        cell_x_mm=3000.0,
        cell_y_mm=3000.0,
        materials=(AIR, iron),
        layers=(Layer(active_material="iron", thickness_mm=3000.0),),
    )


def test_iron_keeps_less_of_hadrons_than_of_electrons(iron_block, tmp_path):
    """Nuclei that break up take energy: e/pi above 1. No more comes out than went in, with a meson's mass."""
    particles = ("pi+", "pi-", "proton", "neutron", "e-")
    primaries = PrimaryConfig(particles=particles, energy_gev=3.0, position_mm=(0.0, 0.0))
    showers = read_showers(simulate(iron_block, tmp_path / "a.h5", n=200, primaries=primaries, workers=1))
    share = showers.total_mev / 3000.0
    of = {name: share[showers.incident.pdg == particle_named(name).pdg] for name in particles}
    assert of["e-"].mean() > 0.98
    for name in particles[:-1]:
        kept = of[name]
        assert kept.size > 20
        assert 0.6 < kept.mean() < of["e-"].mean() - 3.0 * kept.std() / math.sqrt(kept.size)
        mass_mev = particle_named(name).mass_mev if name.startswith("pi") else 0.0
        # Captured neutrons and muons may free a little more energy than they brought.
        assert kept.max() < 1.0 + (mass_mev + 50.0) / 3000.0
