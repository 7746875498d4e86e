"""Geant4 itself, asked for the cross sections it makes of the embedded tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from showerkit.simulate.geant4 import embedded_tables
from showerkit.simulate.geant4.data_folders import DATA_SETS

# It runs in a process of its own, as Geant4 always does here.
SCRIPT = """
import json, os
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import geant4_pybind as g4

class World(g4.G4VUserDetectorConstruction):
    def Construct(self):
        nist = g4.G4NistManager.Instance()
        box = g4.G4Box("lead", 500.0, 500.0, 500.0)
        self.lead = g4.G4LogicalVolume(box, nist.FindOrBuildMaterial("G4_Pb"), "lead")
        inner = g4.G4Box("aluminium", 50.0, 50.0, 50.0)
        self.aluminium = g4.G4LogicalVolume(inner, nist.FindOrBuildMaterial("G4_Al"), "aluminium")
        centre = g4.G4ThreeVector()
        self.inner = g4.G4PVPlacement(None, centre, self.aluminium, "aluminium", self.lead, False, 0)
        self.outer = g4.G4PVPlacement(None, centre, self.lead, "lead", None, False, 0)
        return self.outer

class Gun(g4.G4VUserPrimaryGeneratorAction):
    def __init__(self):
        super().__init__()
        self.gun = g4.G4ParticleGun(1)
        self.gun.SetParticleDefinition(g4.G4Gamma.Definition())
        self.gun.SetParticleEnergy(1.0)
    def GeneratePrimaries(self, event):
        self.gun.GeneratePrimaryVertex(event)

class Actions(g4.G4VUserActionInitialization):
    def Build(self):
        self.SetUserAction(Gun())

manager = g4.G4RunManager()
world, physics, actions = World(), g4.G4VModularPhysicsList(), Actions()
physics.RegisterPhysics(g4.G4EmStandardPhysics())
for part in (world, physics, actions):
    manager.SetUserInitialization(part)
manager.Initialize()
manager.BeamOn(1)
calculator, nist = g4.G4EmCalculator(), g4.G4NistManager.Instance()
values = {}
for name in ("Al", "Pb"):
    material = nist.FindOrBuildMaterial("G4_" + name)
    density = material.GetDensity() / (g4.g / g4.cm3)
    for t in (1.0, 10.0, 100.0, 500.0):
        loss = calculator.ComputeDEDX(t, g4.G4Electron.Definition(), "eBrem", material, t)
        values[f"{name} eBrem {t:g}"] = loss / (g4.MeV / g4.cm) / density
    for e in (0.05, 0.1, 1.0):
        total = sum(
            calculator.ComputeCrossSectionPerVolume(e, g4.G4Gamma.Definition(), process, material, 0.0)
            for process in ("phot", "Rayl", "compt")
        )
        values[f"{name} gamma {e:g}"] = total * g4.cm / density
json.dump(values, answer)
answer.flush()
os._exit(0)
"""

# NIST ESTAR: radiative stopping power in MeV cm2/g, kinetic energy in MeV.
STOPPING = {
    "Al": {1.0: 0.02119, 10.0: 0.2858, 100.0: 3.714, 500.0: 19.92},
    "Pb": {1.0: 0.129, 10.0: 1.206, 100.0: 14.36, 500.0: 76.09},
}
# NIST, NISTIR 5632: attenuation coefficient in cm2/g, photon energy in MeV.
ATTENUATION = {"Al": {0.05: 0.3681, 0.1: 0.1704, 1.0: 0.06146}, "Pb": {0.05: 8.041, 0.1: 5.549, 1.0: 0.07102}}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder = embedded_tables.embedded_tables(tmp_path_factory.mktemp("cache"))
    environment = {
        **os.environ,
        **dict.fromkeys(DATA_SETS, str(folder / "empty")),
        "GEANT4_DATA_DIR": str(folder),
    }
    environment["G4LEDATA"] = str(folder / "G4EMLOW")
    environment["G4ENSDFSTATEDATA"] = str(folder / "G4ENSDFSTATE")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=Path(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    values: dict[str, float] = json.loads(done.stdout)
    return values


@pytest.mark.parametrize("name", ["Al", "Pb"])
def test_radiative_stopping_power_in_geant4_is_that_of_nist(answers: dict[str, float], name: str) -> None:
    for kinetic_mev, published in STOPPING[name].items():
        assert answers[f"{name} eBrem {kinetic_mev:g}"] == pytest.approx(published, rel=0.015), kinetic_mev


@pytest.mark.parametrize("name", ["Al", "Pb"])
def test_photon_attenuation_in_geant4_is_that_of_nist(answers: dict[str, float], name: str) -> None:
    # 2 %: Geant4's own Compton scattering differs from NIST's by up to that
    for energy_mev, published in ATTENUATION[name].items():
        assert answers[f"{name} gamma {energy_mev:g}"] == pytest.approx(published, rel=0.02), energy_mev
