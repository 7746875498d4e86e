from __future__ import annotations

import re
from dataclasses import replace

import h5py
import numpy as np
import pytest

from showerkit.data.jet_file import JetFile, JetFileMetadata, JetWriter, is_jet_file, read_jets
from showerkit.data.jet_records import Jets
from showerkit.data.jet_validation import jet_violations
from showerkit.errors import DataError, FileFormatError


@pytest.fixture
def metadata() -> JetFileMetadata:
    return JetFileMetadata(
        generator="Pythia 8.317", kind="pythia8", process="t", constituents=30, seed=3, settings={"r": 0.8}
    )


def some_jets(n: int, places: int = 30, seed: int = 1) -> Jets:
    """Jets with a random number of particles by falling pT."""
    random = np.random.default_rng(seed)
    mask = np.arange(places) < random.integers(1, places + 1, n)[:, None]
    share = -np.sort(-random.random((n, places)), axis=1) * mask
    angles = random.uniform(-0.8, 0.8, (n, places, 2)) * mask[..., None]
    jet_pt = random.uniform(800, 1200, n).astype(np.float32)
    pt = share.astype(np.float32) * jet_pt[:, None]
    phi, eta = angles[..., 1].astype(np.float32), angles[..., 0]
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=2)
    particles = np.concatenate([angles, share[..., None]], axis=2)
    mass = random.uniform(50, 200, n)
    return Jets(particles, mask, np.full(n, 2), jet_pt, random.normal(size=n), mass, np.arange(n), momenta)


def assert_same(a: Jets, b: Jets) -> None:
    for name in ("particles", "mask", "jet_type", "pt_gev", "eta", "mass_gev", "event_id", "momenta_gev"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def write(path, jets, metadata, portion=10**9):
    with JetWriter(path, metadata) as writer:
        for start in range(0, len(jets), portion):
            writer.append(jets[start : start + portion])
    return path


def test_what_is_written_is_read_back(tmp_path, metadata):
    jets = some_jets(3000)
    path = write(tmp_path / "t.h5", jets, metadata)
    assert_same(read_jets(path), jets)
    with JetFile(path) as file:
        assert (len(file), file.metadata, file.has_momenta) == (3000, metadata, True)
        assert_same(file.read(10, 20), jets[10:20])
        assert file.read(0, 5, optional=False).momenta_gev is None
        assert [len(batch) for batch in file.iterate(1300)] == [1300, 1300, 400]
    assert is_jet_file(path)
    assert jet_violations(path) == []


def test_jetnet_tools_find_their_particles(tmp_path, metadata):
    jets = some_jets(100)
    with h5py.File(write(tmp_path / "t.h5", jets, metadata), "r") as file:
        particles, properties = file["particle_features"][:], file["jet_features"][:]
    assert (particles.shape, properties.shape) == ((100, 30, 4), (100, 5))
    np.testing.assert_array_equal(particles[..., :3], jets.particles)
    np.testing.assert_array_equal(particles[..., 3].sum(axis=1), properties[:, 4])


@pytest.mark.parametrize("portion", [1, 700, 2500])
def test_bytes_do_not_depend_on_portions(tmp_path, metadata, portion):
    jets = some_jets(2500)
    whole = write(tmp_path / "whole.h5", jets, metadata)
    parts = write(tmp_path / "parts.h5", jets, metadata, portion)
    assert whole.read_bytes() == parts.read_bytes()
    with JetFile(whole) as one, JetFile(parts) as other:
        assert one.fingerprint() == other.fingerprint()


def test_a_file_without_jets_is_valid(tmp_path, metadata):
    path = write(tmp_path / "none.h5", some_jets(0), metadata)
    assert len(read_jets(path)) == 0
    assert jet_violations(path) == []
    with JetWriter(tmp_path / "empty.h5", metadata):
        pass
    assert (tmp_path / "empty.h5").read_bytes() == path.read_bytes()


def test_momenta_are_optional_but_all_or_none(tmp_path, metadata):
    jets = some_jets(4)
    without = replace(jets, momenta_gev=None)
    path = write(tmp_path / "t.h5", without, metadata)
    assert read_jets(path).momenta_gev is None
    with JetWriter(tmp_path / "x", metadata) as writer:
        writer.append(jets)
        with pytest.raises(DataError, match="present in some parts only"):
            writer.append(without)
    assert len(read_jets(tmp_path / "x")) == 4


def test_jets_of_another_size_are_refused(tmp_path, metadata):
    with (
        pytest.raises(DataError, match="got 10 particles a jet; expected 30"),
        JetWriter(tmp_path / "t.h5", metadata) as writer,
    ):
        writer.append(some_jets(2, places=10))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: f.attrs.__setitem__("schema", "x"), "attribute 'schema': got 'x'"),
        (lambda f: f.attrs.__delitem__("schema"), "a file of JetNet or HLS4ML"),
        (lambda f: f.attrs.__setitem__("schema_version", 9), "'schema_version'"),
        (lambda f: f.attrs.__setitem__("settings", "{"), "attribute 'settings': got no valid JSON"),
        (lambda f: f.attrs.__setitem__("constituents", 31), r"got shape \(50, 30, 4\)"),
        (lambda f: f.__delitem__("jet_features"), "dataset 'jet_features' is missing"),
        (lambda f: f["event_id"].resize(49, axis=0), r"'event_id': got shape \(49,\)"),
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path, metadata, damage, words):
    path = write(tmp_path / "t.h5", some_jets(50), metadata)
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(FileFormatError, match=words) as error:
        JetFile(path)
    assert "\n" not in str(error.value)
    assert len(jet_violations(path)) == 1


def test_a_truncated_file_is_refused(tmp_path, metadata):
    path = write(tmp_path / "t.h5", some_jets(50), metadata)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FileFormatError, match="truncated"):
        JetFile(path)


@pytest.mark.parametrize(
    ("dataset", "place", "value", "words"),
    [
        ("particle_features", (3, 0, 0), np.nan, "NaN or infinity"),
        ("particle_features", (3, 0, 3), 0.5, "mask in particle_features"),
        ("particle_features", (3, 0, 3), 0.0, "where the mask is False"),
        ("particle_features", (3, 0, 1), 4.0, "phi_rel beyond pi"),
        ("particle_features", (3, 0, 2), -0.5, "pt_rel negative"),
        ("particle_features", (3, 0, 2), 1e-5, "by falling pT|another pT"),
        ("jet_features", (3, 0), 7.0, "code of JET_TYPES"),
        ("jet_features", (3, 1), -7.0, "pt_gev"),
        ("jet_features", (3, 4), 70.0, "number of particles"),
        ("particle_momenta", (3, 0, 0), 7e5, "another pT than particle_features"),
        ("event_id", (3,), -1, "event_id: negative"),
    ],
)
def test_wrong_values_are_told(tmp_path, metadata, dataset, place, value, words):
    path = write(tmp_path / "t.h5", some_jets(50), metadata)
    with h5py.File(path, "r+") as file:
        file[dataset][place] = value
    assert re.search(words, "; ".join(jet_violations(path)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match="no such file"):
        read_jets(tmp_path / "nowhere.h5")
    assert not is_jet_file(tmp_path / "nowhere.h5")
