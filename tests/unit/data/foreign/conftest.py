"""A small detector, any showers in it, and files of EDM4hep as npsim writes them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from showerkit.geometry import Calorimeter
from showerkit.geometry.detector_file import DetectorFile

MASS_GEV = {11: 0.00051099895, 22: 0.0, 211: 0.13957039, 2112: 0.9395654194}


@pytest.fixture(scope="session")
def small() -> Calorimeter:
    layers = [{"material": "lyso", "thickness_mm": 4.0, "repeat": 4}]
    return DetectorFile(name="small", cells=(3, 2), cell_mm=(10.0, 12.0), layers=layers).calorimeter()


@dataclass
class Edm4hepEvents:
    """Events of hits (cell id, energy, position) and particles (status, PDG, momentum, vertex)."""

    hits: list = field(default_factory=list)
    particles: list = field(default_factory=list)

    def add(self, hits, particles):
        self.hits.append(hits)
        self.particles.append(particles)

    def columns(self, collection):
        import awkward as ak

        def jagged(rows, pick, kind):
            counts = [len(row) for row in rows]
            flat = np.array([pick(one) for row in rows for one in row], dtype=kind)
            return ak.unflatten(flat, counts)

        found = {
            f"{collection}.cellID": jagged(self.hits, lambda hit: hit[0], "u8"),
            f"{collection}.energy": jagged(self.hits, lambda hit: hit[1], "f4"),
            "MCParticles.generatorStatus": jagged(self.particles, lambda one: one[0], "i4"),
            "MCParticles.PDG": jagged(self.particles, lambda one: one[1], "i4"),
            "MCParticles.mass": jagged(self.particles, lambda one: MASS_GEV[one[1]], "f8"),
        }
        for number, axis in enumerate("xyz"):
            found[f"{collection}.position.{axis}"] = jagged(self.hits, lambda hit, n=number: hit[2][n], "f4")
            found[f"MCParticles.momentum.{axis}"] = jagged(
                self.particles, lambda one, n=number: one[2][n], "f8"
            )
            found[f"MCParticles.vertex.{axis}"] = jagged(
                self.particles, lambda one, n=number: one[3][n], "f8"
            )
        return found

    def write(self, path, collection="EcalFarForwardZDCHits", *, leave_out=()):
        import uproot

        columns = {k: v for k, v in self.columns(collection).items() if k not in leave_out}
        with uproot.recreate(path) as file:
            tree = file.mktree(
                "events",
                {name: array.type.content for name, array in columns.items()},
                counter_name=lambda name: "n" + name.replace(".", "_"),
            )
            tree.extend(columns)
        return path

    def write_rntuple(self, path, collection="EcalFarForwardZDCHits"):
        import awkward as ak
        import uproot

        columns = self.columns(collection)

        def record(prefix, *names):
            return {name: columns[f"{prefix}.{name}"] for name in names}

        def vector(name):
            return ak.zip({axis: columns[f"{name}.{axis}"] for axis in "xyz"})

        hits = ak.zip(
            {**record(collection, "cellID", "energy"), "position": vector(f"{collection}.position")}
        )
        particles = ak.zip(
            {
                **record("MCParticles", "generatorStatus", "PDG", "mass"),
                "momentum": vector("MCParticles.momentum"),
                "vertex": vector("MCParticles.vertex"),
            }
        )
        data = {collection: hits, "MCParticles": particles}
        with uproot.recreate(path) as file:
            table = file.mkrntuple("events", {name: array.type.content for name, array in data.items()})
            table.extend(data)
        return path


@pytest.fixture
def events() -> Edm4hepEvents:
    return Edm4hepEvents()
