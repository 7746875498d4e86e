"""Small files to look at: showers, jets and matched jets with known values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.calibration_file import CalibrationFileMetadata, CalibrationJetWriter
from showerkit.data.calibration_jets import CalibrationJets
from showerkit.data.jet_file import JetFileMetadata, JetWriter
from showerkit.data.jet_records import Jets
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.geometry import load_detector

if TYPE_CHECKING:
    from pathlib import Path


def make_showers(detector: str, n: int, *, seed: int = 1, scale: float = 1.0) -> Showers:
    """Electrons and positrons with energies and ids that depend on neither seed nor scale."""
    calorimeter = load_detector(detector)
    fixed, random = np.random.default_rng(0), np.random.default_rng(seed)
    energy = fixed.uniform(1e3, 2e4, n).astype(np.float32)
    pdg = np.where(np.arange(n) % 3 == 0, -11, 11)
    momentum = np.stack([0.1 * energy, 0 * energy, energy], axis=1)
    cells = calorimeter.n_cells
    deposits = random.exponential(size=(n, cells)) * (random.random((n, cells)) < 20 / cells)
    deposits[:, cells // 2] += 1.0
    deposits *= (0.4 * scale * energy / deposits.sum(axis=1))[:, None]
    incident = IncidentParticles(pdg, energy, momentum, np.tile([3.0, -2.0, -150.0], (n, 1)))
    return Showers(incident, deposits, np.arange(n))


def write_showers(path: Path, showers: Showers, detector: str = "zdc-ecal", generator: str = "toy") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = FileMetadata(generator=generator, kind="model", detector=load_detector(detector), seed=3)
    with ShowerWriter(path, metadata) as writer:
        writer.append(showers)
    return path


def write_jets(path: Path, n: int = 30, seed: int = 1) -> Path:
    random = np.random.default_rng(seed)
    share = np.sort(random.dirichlet(np.ones(8), n), axis=1)[:, ::-1]
    particles = np.concatenate([random.normal(0, 0.1, (n, 8, 2)), share[..., None]], axis=2)
    jets = Jets(
        particles,
        np.ones((n, 8), dtype=bool),
        np.arange(n) % 2,
        random.uniform(500, 1500, n),
        random.normal(0, 1, n),
        random.uniform(20, 90, n),
        np.arange(n),
    )
    metadata = JetFileMetadata(generator="toy", kind="model", process="g,q", constituents=8, seed=2)
    with JetWriter(path, metadata) as writer:
        writer.append(jets)
    return path


def write_matched_jets(path: Path, n: int = 30, seed: int = 1) -> Path:
    random = np.random.default_rng(seed)
    true_pt = random.uniform(30, 150, n)
    pt = true_pt * random.normal(0.9, 0.1, n)
    eta, phi = random.uniform(-2, 2, n), random.uniform(-3, 3, n)
    candidates = np.zeros((n, 5, 5))
    candidates[..., 0] = pt[:, None] * np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    candidates[..., 1] = eta[:, None] + random.normal(0, 0.05, (n, 5))
    candidates[..., 2] = phi[:, None] + random.normal(0, 0.02, (n, 5))
    candidates[..., 4] = np.arange(5)
    jets = CalibrationJets(
        candidates,
        np.ones((n, 5), dtype=bool),
        true_pt_gev=true_pt,
        true_eta=eta,
        true_phi=phi,
        true_mass_gev=0.1 * true_pt,
        pt_gev=pt,
        eta=eta,
        phi=phi,
        mass_gev=0.1 * pt,
        flavour=np.where(np.arange(n) % 2, 21, 1),
        pile_up=np.zeros(n),
        weight=np.ones(n),
        event_id=np.arange(n),
    )
    metadata = CalibrationFileMetadata(generator="toy", kind="toy", process="qcd", constituents=5, seed=2)
    with CalibrationJetWriter(path, metadata) as writer:
        writer.append(jets)
    return path
