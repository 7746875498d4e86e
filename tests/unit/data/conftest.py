"""Small showers with every value telling which event and cell it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.geometry import Calorimeter, load_detector


@pytest.fixture(scope="session")
def detector() -> Calorimeter:
    return load_detector("zdc-ecal")


@pytest.fixture
def metadata(detector: Calorimeter) -> FileMetadata:
    return FileMetadata(
        generator="Geant4 11.4.1",
        kind="geant4",
        detector=detector,
        seed=7,
        versions={"showerkit": "0.1.0", "numpy": "2"},
        physics_data="embedded tables",
        settings={"cut_mm": 0.7, "primaries": {"particles": ["e-"], "energy_gev": [0.0, 20.0]}},
    )


def _photons(n: int, *, cells: int = 400, seed: int = 1, first: int = 0) -> Showers:
    """Photons of 1 to 20 GeV that deposit four fifths of their energy in random cells."""
    random = np.random.default_rng(seed)
    energy = random.uniform(1e3, 2e4, n).astype(np.float32)
    theta, phi = random.uniform(0, 0.4, n), random.uniform(-np.pi, np.pi, n)
    direction = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
    position = np.stack([random.uniform(-15, 15, n), random.uniform(-15, 15, n), np.full(n, -202.0)], axis=1)
    share = random.exponential(size=(n, cells)) * (random.random((n, cells)) < 0.2)
    share[:, 0] += 1e-3
    deposits = 0.8 * energy[:, None] * share / share.sum(axis=1, keepdims=True)
    incident = IncidentParticles(np.full(n, 22), energy, direction * energy[:, None], position)
    return Showers(incident, deposits, np.arange(first, first + n))


@pytest.fixture(scope="session")
def photons() -> Callable[..., Showers]:
    return _photons


WriteSample = Callable[..., Path]


@pytest.fixture
def write_sample(tmp_path: Path, metadata: FileMetadata) -> WriteSample:
    def write(showers: Showers, name: str = "sample.h5", **changes: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with ShowerWriter(path, metadata.model_copy(update=changes)) as writer:
            writer.append(showers)
        return path

    return write
