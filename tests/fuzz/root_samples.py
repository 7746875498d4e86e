"""Small ROOT files: events of EDM4hep as a tree and as an RNTuple, and a readout of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .geometry_samples import settings

COLLECTION = "EcalFarForwardZDCHits"
#: What one column holds: counts a row and its values.
Columns = dict[str, tuple[np.ndarray, np.ndarray]]


def edm4hep_columns(random: np.random.Generator) -> Columns:
    """Seven events of one photon and some hits."""
    hits = random.integers(0, 5, 7)
    particles = random.integers(1, 4, 7)
    first = np.concatenate([[0], np.cumsum(particles)[:-1]])
    status = np.zeros(particles.sum(), np.int32)
    status[first] = 1
    columns: Columns = {
        f"{COLLECTION}.cellID": (hits, (164 | (1 + random.integers(0, 400, hits.sum())) << 10).astype("u8")),
        f"{COLLECTION}.energy": (hits, random.exponential(1.0, hits.sum()).astype("f4")),
        "MCParticles.generatorStatus": (particles, status),
        "MCParticles.PDG": (particles, np.full(len(status), 22, np.int32)),
        "MCParticles.mass": (particles, np.zeros(len(status))),
    }
    for axis, value in zip("xyz", (-0.25, 0.0, 9.99), strict=True):
        place = random.normal(0.0, 100.0, hits.sum()) + {"x": -892.0, "y": 0.0, "z": 35_725.0}[axis]
        columns[f"{COLLECTION}.position.{axis}"] = (hits, place.astype("f4"))
        columns[f"MCParticles.momentum.{axis}"] = (particles, np.full(len(status), value))
        columns[f"MCParticles.vertex.{axis}"] = (particles, np.zeros(len(status)))
    return columns


def write_tree(path: Path, columns: Columns, name: str = "events", *, packed: bool = False) -> Path:
    """Write columns as a tree; unpacked, so that changed bytes are values and lengths."""
    import awkward as ak
    import uproot

    arrays = {key: ak.unflatten(values, counts) for key, (counts, values) in columns.items()}
    path.unlink(missing_ok=True)
    with uproot.recreate(path, compression=uproot.ZLIB(1) if packed else None) as file:
        tree = file.mktree(
            name,
            {key: array.type.content for key, array in arrays.items()},
            counter_name=lambda key: "n" + key.replace(".", "_"),
        )
        tree.extend(arrays)
    return path


def write_rntuple(path: Path, columns: Columns, name: str = "events") -> Path:
    """Write columns as an RNTuple of vectors of records."""
    import awkward as ak
    import uproot

    records: dict[str, Any] = {}
    for top in dict.fromkeys(key.split(".")[0] for key in columns):
        parts: dict[str, Any] = {}
        for key, (counts, values) in columns.items():
            words = key.split(".")
            if words[0] == top and len(words) == 2:
                parts[words[1]] = ak.unflatten(values, counts)
            elif words[0] == top:
                parts.setdefault(words[1], {})[words[2]] = ak.unflatten(values, counts)
        records[top] = ak.zip({k: ak.zip(v) if isinstance(v, dict) else v for k, v in parts.items()})
    path.unlink(missing_ok=True)
    with uproot.recreate(path, compression=None) as file:
        file.mkrntuple(name, {key: one.type.content for key, one in records.items()}).extend(records)
    return path


def edm4hep(path: Path) -> Path:
    return write_tree(path, edm4hep_columns(np.random.default_rng(1)))


def edm4hep_packed(path: Path) -> Path:
    return write_tree(path, edm4hep_columns(np.random.default_rng(1)), packed=True)


def edm4hep_rntuple(path: Path) -> Path:
    return write_rntuple(path, edm4hep_columns(np.random.default_rng(1)))


def readout(path: Path) -> Path:
    """The description of a readout beside the events it is for, and its detector."""
    path.mkdir()
    edm4hep(path / "a.root")
    settings(
        name="small", cells=[20, 20], cell_mm=30.0, pitch_mm=30.3, frame="carbon-fibre",
        layers=[{"material": "lyso", "thickness_mm": 70.0}],
    )(path / "small.yaml")  # fmt: skip
    return settings(
        name="mine", title="my crystals", collection=COLLECTION, detector="small.yaml",
        id="system:8,module:2,crystal:12",
        cells={"kind": "number", "field": "crystal", "first": 1, "fastest": "y"},
        frame={"origin_mm": [-892.4570289470597, 0.0, 35690.84370607514], "rotation_rad": [0.0, -0.025, 0.0]},
    )(path / "readout.yaml")  # fmt: skip
