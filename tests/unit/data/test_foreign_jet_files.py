"""Files in the exact layout of JetNet and of the HLS4ML LHC jets, made small."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from showerkit.data.hls4ml_file import read_hls4ml
from showerkit.data.jet_records import JET_TYPES
from showerkit.data.jetnet_file import read_jetnet
from showerkit.errors import DataError, FileFormatError

#: One name more than there are columns, as in the files.
PARTICLE_NAMES = [
    *("px", "py", "pz", "e", "erel", "pt", "ptrel", "eta", "etarel", "etarot", "phi", "phirel", "phirot"),
    *("deltaR", "costheta", "costhetarel", "pdgid"),
]
#: The first, some of the middle and the last of the 59 names; the rest are substructure observables.
JET_NAMES = ["ptfrac", "pt", "eta", "mass", *(f"observable_{i}" for i in range(49)), *"gqwzt", "undef"]


def write_hls4ml(path, n=6, places=150, seed=1):
    random = np.random.default_rng(seed)
    counts = random.integers(5, places + 1, n)
    mask = np.arange(places) < counts[:, None]
    pt = -np.sort(-random.exponential(20, (n, places)), axis=1)
    eta, phi = random.normal(0, 0.3, (2, n, places))
    jet_pt, jet_eta, jet_phi = random.uniform(800, 1600, n), random.normal(size=n), random.uniform(-3, 3, n)
    columns = dict.fromkeys(PARTICLE_NAMES[:-1], np.zeros((n, places)))
    columns |= {
        "px": pt * np.cos(phi + jet_phi[:, None]),
        "py": pt * np.sin(phi + jet_phi[:, None]),
        "pz": pt * np.sinh(eta + jet_eta[:, None]),
        "pt": pt,
        "etarel": eta,
        "phirel": phi,
        "ptrel": pt / jet_pt[:, None],
    }
    particles = np.stack(list(columns.values()), axis=2) * mask[..., None]
    jets = np.zeros((n, 59))
    jets[:, 1], jets[:, 2], jets[:, 3] = jet_pt, jet_eta, random.uniform(20, 200, n)
    flag = np.arange(n) % 5
    jets[np.arange(n), 53 + flag] = 1
    with h5py.File(path, "w") as file:
        file["jetConstituentList"] = particles
        file["jets"] = jets
        file["particleFeatureNames"] = np.array([f"j1_{name}" for name in PARTICLE_NAMES], dtype="S")
        file["jetFeatureNames"] = np.array([f"j_{name}" for name in JET_NAMES], dtype="S")
        file["jetImage"] = np.zeros((n, 100, 100))
    return path, particles, jets, counts, ["gqwzt"[i] for i in flag]


def test_hls4ml_jets(tmp_path):
    path, particles, properties, counts, types = write_hls4ml(tmp_path / "jetImage_7_150p_0_6.h5")
    jets = read_hls4ml(path)
    assert jets.particles.shape == (6, 150, 3)
    np.testing.assert_array_equal(jets.n_particles, counts)
    np.testing.assert_allclose(jets.particles, particles[..., [8, 11, 6]], rtol=1e-6)
    np.testing.assert_allclose(jets.momenta_gev, particles[..., :3], rtol=1e-6)
    np.testing.assert_allclose(jets.pt_gev, properties[:, 1], rtol=1e-6)
    np.testing.assert_allclose(jets.eta, properties[:, 2], rtol=1e-6)
    np.testing.assert_allclose(jets.mass_gev, properties[:, 3], rtol=1e-6)
    assert jets.jet_type.tolist() == [JET_TYPES[name] for name in types]
    some = read_hls4ml(path, constituents=30, start=2, stop=5)
    np.testing.assert_array_equal(some.particles, jets.particles[2:5, :30])
    assert some.event_id.tolist() == [2, 3, 4]


def write_jetnet(path, n=7, places=30, seed=2):
    random = np.random.default_rng(seed)
    counts = random.integers(1, places + 1, n)
    mask = np.arange(places) < counts[:, None]
    features = np.concatenate(
        [random.normal(0, 0.2, (n, places, 2)), -np.sort(-random.random((n, places, 1)), axis=1)], axis=2
    )
    features = np.concatenate([features * mask[..., None], mask[..., None]], axis=2)
    properties = np.stack(
        [random.uniform(800, 1600, n), random.normal(size=n), random.uniform(20, 200, n), counts], axis=1
    )
    with h5py.File(path, "w") as file:
        file["particle_features"] = features
        file["jet_features"] = properties
    return path, features, properties


@pytest.mark.parametrize(("name", "places", "code"), [("g.hdf5", 30, 0), ("t150.hdf5", 150, 2)])
def test_jetnet_jets(tmp_path, name, places, code):
    path, features, properties = write_jetnet(tmp_path / name, places=places)
    jets = read_jetnet(path)
    np.testing.assert_allclose(jets.particles, features[..., :3], rtol=1e-6)
    np.testing.assert_array_equal(jets.mask, features[..., 3] == 1)
    np.testing.assert_array_equal(jets.n_particles, properties[:, 3])
    np.testing.assert_allclose(jets.pt_gev, properties[:, 0], rtol=1e-6)
    np.testing.assert_allclose(jets.mass_gev, properties[:, 2], rtol=1e-6)
    assert set(jets.jet_type.tolist()) == {code}
    assert jets.momenta_gev is None
    assert read_jetnet(path, constituents=10).particles.shape == (7, 10, 3)
    assert len(read_jetnet(path, jet_type="w", start=6)) == 1


def test_particles_are_ordered_and_padding_is_emptied(tmp_path):
    path, features, _ = write_jetnet(tmp_path / "q.hdf5")
    shuffled = features[:, ::-1]
    with h5py.File(path, "r+") as file:
        file["particle_features"][...] = np.where(shuffled[..., 3:] == 1, shuffled, [9.0, 9.0, 9.0, 0.0])
    np.testing.assert_allclose(read_jetnet(path).particles, features[..., :3], rtol=1e-6)


def test_other_files_are_refused(tmp_path):
    jetnet, *_ = write_jetnet(tmp_path / "g.hdf5")
    hls4ml, *_ = write_hls4ml(tmp_path / "jets.h5")
    with pytest.raises(FileFormatError, match="dataset 'particle_features' is missing"):
        read_jetnet(hls4ml, jet_type="g")
    with pytest.raises(FileFormatError, match="dataset 'jetConstituentList' is missing"):
        read_hls4ml(jetnet)
    with pytest.raises(DataError, match="got a file name that does not say it"):
        read_jetnet(hls4ml)
    with pytest.raises(DataError, match="jet_type: got 'x'"):
        read_jetnet(jetnet, jet_type="x")
    with pytest.raises(DataError, match="got 5 to 8; expected within 0 to 7"):
        read_jetnet(jetnet, start=5, stop=8)
    with h5py.File(hls4ml, "r+") as file:
        file["jets"][3, 53:] = 0
    with pytest.raises(FileFormatError, match=r"jets\[3\]: type"):
        read_hls4ml(hls4ml)
    with h5py.File(hls4ml, "r+") as file:
        del file["particleFeatureNames"]
        file["particleFeatureNames"] = np.array(["j1_px"], dtype="S")
    with pytest.raises(FileFormatError, match="column 'etarel' is missing"):
        read_hls4ml(hls4ml)
    with h5py.File(jetnet, "r+") as file:
        file["particle_features"][2, 0, 0] = np.nan
    with pytest.raises(FileFormatError, match="NaN"):
        read_jetnet(jetnet)
