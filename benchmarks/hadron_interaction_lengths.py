"""Interaction lengths of hadrons in Geant4, run as `showerkit simulate` does, against published ones.

    python benchmarks/hadron_interaction_lengths.py [--materials iron,lead] [--particles pi+,neutron]
        [--energies 10,100] [--events N] [--output FILE.json]

Hadrons start in a block of metal that none leaves, and are followed to their first inelastic interaction. The
inelastic length is the mean way to it. The tables of the Review of Particle Physics (Atomic and nuclear
properties of materials: nuclear interaction length, from neutrons; pion interaction length) do not count
quasi-elastic scattering, after which there is still the same hadron with nucleons knocked out. So compared
with them is the inelastic length over the share of interactions that make new hadrons: any meson or strange
baryon; for pions, more than one meson. Errors are statistical.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
#: Density in g/cm3 and mass fractions.
MATERIALS = {
    "iron": (7.874, {"Fe": 1.0}),
    "copper": (8.96, {"Cu": 1.0}),
    "brass": (8.53, {"Cu": 0.7, "Zn": 0.3}),
    "lead": (11.35, {"Pb": 1.0}),
}
#: Nuclear and pion interaction length in g/cm2 (Review of Particle Physics).
PUBLISHED = {"Fe": (132.1, 160.8), "Cu": (137.3, 165.9), "Zn": (138.5, 167.6), "Pb": (199.6, 226.2)}
ALLOWED = 0.10


def published_cm(material: str, particle: str) -> float:
    """Interaction length in cm; mixtures by their mass fractions, 1 / lambda = sum of w / lambda."""
    density, fractions = MATERIALS[material]
    column = 1 if particle.startswith("pi") else 0
    return 1.0 / density / sum(share / PUBLISHED[symbol][column] for symbol, share in fractions.items())


def first_interactions(material: str, particles: list[str], energies_gev: list[float], events: int) -> None:
    """Run Geant4, in a process of its own; print one line of JSON for each particle and energy."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import geant4_pybind as g4

    from showerkit.simulate.geant4.physics_list import hadronic_physics

    class Block(g4.G4VUserDetectorConstruction):
        def Construct(self):
            nist = g4.G4NistManager.Instance()
            density, fractions = MATERIALS[material]
            metal = g4.G4Material(material, density * g4.g / g4.cm3, len(fractions))
            for symbol, share in fractions.items():
                metal.AddElement(nist.FindOrBuildElement(symbol), share)
            self.volume = g4.G4LogicalVolume(g4.G4Box("block", 5e4, 5e4, 5e4), metal, "block")
            centre = g4.G4ThreeVector()
            self.placed = g4.G4PVPlacement(None, centre, self.volume, "block", None, False, 0, False)
            return self.placed

    class Gun(g4.G4VUserPrimaryGeneratorAction):
        def __init__(self):
            super().__init__()
            self.gun = g4.G4ParticleGun(1)
            self.gun.SetParticleMomentumDirection(g4.G4ThreeVector(0, 0, 1))

        def GeneratePrimaries(self, event):
            self.gun.GeneratePrimaryVertex(event)

    class FirstInteraction(g4.G4UserTrackingAction):
        """Look at the incident particle's end, and follow nothing that comes after."""

        def PostUserTrackingAction(self, track):
            step = track.GetStep()
            if "Inelastic" in step.GetPostStepPoint().GetProcessDefinedStep().GetProcessName():
                self.ways_mm.append(track.GetTrackLength())
                made = [new.GetDefinition() for new in step.GetSecondaryInCurrentStep()]
                mesons = sum(kind.GetParticleType() == "meson" for kind in made)
                strange = any(
                    kind.GetParticleType() == "baryon" and kind.GetPDGMass() > 1000.0 for kind in made
                )
                own = 1 if self.particle.startswith("pi") else 0
                self.new_hadrons.append(strange or mesons > own)
            track.SetTrackStatus(g4.fKillTrackAndSecondaries)

    manager = g4.G4RunManager()
    manager.SetVerboseLevel(0)
    block, physics = Block(), hadronic_physics(g4, 0.7)
    manager.SetUserInitialization(block)
    manager.SetUserInitialization(physics)
    gun, look = Gun(), FirstInteraction()
    manager.SetUserAction(gun)
    manager.SetUserAction(look)
    manager.Initialize()
    g4.HepRandom.setTheSeed(1)
    for particle in particles:
        gun.gun.SetParticleDefinition(g4.G4ParticleTable.GetParticleTable().FindParticle(particle))
        for energy_gev in energies_gev:
            gun.gun.SetParticleEnergy(energy_gev * g4.GeV)
            look.ways_mm, look.new_hadrons, look.particle = [], [], particle
            manager.BeamOn(events)
            found = {"particle": particle, "energy_gev": energy_gev}
            found |= {"ways_mm": look.ways_mm, "new_hadrons": look.new_hadrons}
            print(json.dumps(found), file=answers, flush=True)
    answers.flush()
    os._exit(0)


def length(material: str, found: dict) -> dict:
    """Interaction lengths with errors, and the ratio to the published one where new hadrons are made."""
    ways, new = found["ways_mm"], found["new_hadrons"]
    n, made = len(ways), sum(new)
    inelastic_cm = 0.1 * sum(ways) / n
    share = made / n
    row = {
        "material": material,
        "particle": found["particle"],
        "energy_gev": found["energy_gev"],
        "events": n,
        "inelastic_cm": inelastic_cm,
        "inelastic_error_cm": inelastic_cm / math.sqrt(n),
        "new_hadrons": share,
    }
    if made == 0:
        return row
    producing_cm = inelastic_cm / share
    expected_cm = published_cm(material, found["particle"])
    # The ways are exponential, and the share binomial and independent of them.
    producing_error_cm = producing_cm * math.sqrt(1.0 / n + (1.0 - share) / made)
    return row | {
        "producing_cm": producing_cm,
        "producing_error_cm": producing_error_cm,
        "published_cm": expected_cm,
        "ratio": producing_cm / expected_cm,
        "ratio_error": producing_error_cm / expected_cm,
    }


def table_line(row: dict) -> str:
    """One line of the table."""
    line = (
        f"{row['material']:9} {row['particle']:8} {row['energy_gev']:4g} GeV "
        f"{row['inelastic_cm']:6.2f} +- {row['inelastic_error_cm']:4.2f} cm  {row['new_hadrons']:.3f}"
    )
    if "ratio" not in row:
        return line
    return (
        f"{line}  {row['producing_cm']:6.2f} +- {row['producing_error_cm']:4.2f} cm  "
        f"{row['published_cm']:6.2f} cm  {row['ratio']:.3f} +- {row['ratio_error']:.3f}"
    )


def main() -> None:
    """Measure each material in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--materials", default=",".join(MATERIALS))
    parser.add_argument("--particles", default="pi+,pi-,proton,neutron")
    parser.add_argument("--energies", default="10,30,100", help="kinetic energies in GeV")
    parser.add_argument("--events", type=int, default=4000)
    parser.add_argument("--output", type=Path, default=RESULTS / "hadron_interaction_lengths.json")
    parser.add_argument("--inside", metavar="MATERIAL", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    particles = asked.particles.split(",")
    energies_gev = [float(energy) for energy in asked.energies.split(",")]
    if asked.inside:
        first_interactions(asked.inside, particles, energies_gev, asked.events)
    from showerkit.simulate.geant4.physics_data import find_physics_data

    data = find_physics_data(hadrons=True)
    print(data.description)
    print("material  particle  energy  inelastic           new      producing           published  ratio")
    rows = []
    for material in asked.materials.split(","):
        command = [sys.executable, __file__, "--inside", material, "--particles", asked.particles]
        command += ["--energies", asked.energies, "--events", str(asked.events)]
        environment = {**os.environ, **data.environment}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        for line in done.stdout.splitlines():
            row = length(material, json.loads(line))
            rows.append(row)
            print(table_line(row), flush=True)
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    report = {"physics_data": data.description, "allowed": ALLOWED, "lengths": rows}
    asked.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
