"""Files of calibrated jets: what goes in comes out, in the same bytes; damage is told in a line."""

from __future__ import annotations

import re
import shutil

import h5py
import numpy as np
import pytest

from showerkit.data.calibrated_jet_file import (
    CalibratedJetFile,
    CalibratedJetMetadata,
    CalibratedJetWriter,
    calibrated_violations,
    is_calibrated_jet_file,
)
from showerkit.data.calibrated_jet_schema import CALIBRATED_PER_CHUNK
from showerkit.data.calibrated_pt import CalibratedPt
from showerkit.errors import DataError, FileFormatError
from showerkit.workflow import validate

N = CALIBRATED_PER_CHUNK + 100
METADATA = CalibratedJetMetadata(
    model={"name": "network", "kind": "particle-flow", "coverage": 0.68},
    jet_fingerprint="ab" * 32,
    jet_generator="Pythia 8.317",
    versions={"showerkit": "1"},
)
NAMES = ("event_id", "pt_gev", "sigma_gev", "low_gev", "high_gev")


def some_jets(n=N):
    random = np.random.default_rng(1)
    pt, sigma = random.uniform(30.0, 150.0, n), random.uniform(1.0, 20.0, n)
    return CalibratedPt(np.arange(n) // 2, pt, sigma, pt - sigma, pt + sigma)


def write(path, portions):
    jets, start = some_jets(), 0
    with CalibratedJetWriter(path, METADATA) as writer:
        for size in portions:
            writer.append(jets[start : start + size])
            start += size
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write(tmp_path_factory.mktemp("calibrated") / "a.h5", [N])


def test_what_goes_in_comes_out(whole):
    jets = some_jets()
    with CalibratedJetFile(whole) as file:
        assert (len(file), file.metadata, file.metadata.model_name) == (N, METADATA, "network")
        parts = list(file.iterate(5000))
        np.testing.assert_array_equal(file.read(10, 20).pt_gev, jets.pt_gev[10:20])
    for name in NAMES:
        read = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(read, getattr(jets, name))
    assert is_calibrated_jet_file(whole)
    assert validate(whole) == []


def test_portions_do_not_change_the_bytes(whole, tmp_path):
    other = write(tmp_path / "b.h5", [1, 7, CALIBRATED_PER_CHUNK, N - CALIBRATED_PER_CHUNK - 8])
    assert other.read_bytes() == whole.read_bytes()


def test_an_empty_file_is_a_file(tmp_path):
    with CalibratedJetWriter(tmp_path / "a.h5", METADATA):
        pass
    with CalibratedJetFile(tmp_path / "a.h5") as file:
        assert len(file) == 0
    assert calibrated_violations(tmp_path / "a.h5") == []


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(DataError, match=r"sigma_gev\[0\]"), CalibratedJetWriter(tmp_path / "a.h5", METADATA):
        CalibratedPt([0], [40.0], [0.0], [36.0], [44.0])
    assert list(tmp_path.iterdir()) == []


def test_wrong_records_are_refused():
    with pytest.raises(DataError, match=r"low_gev\[0\]: got 41.0; expected at most high_gev\[0\], 39.0"):
        CalibratedPt([0], [40.0], [1.0], [41.0], [39.0])
    with pytest.raises(DataError, match=r"pt_gev: got shape \(1,\); expected shape \(2\)"):
        CalibratedPt([0, 1], [40.0], [1.0], [41.0], [39.0])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f: f.pop("pt_gev"), "dataset 'pt_gev' is missing"),
        (lambda f: f["pt_gev"].write_direct(np.full(N, np.nan, "f4")), r"pt_gev\[0\]: got NaN"),
        (lambda f: f["sigma_gev"].write_direct(np.zeros(N, "f4")), r"sigma_gev\[0\]: got 0.0"),
        (lambda f: f["high_gev"].write_direct(np.full(N, -1e9, "f4")), r"low_gev\[0\]: got"),
        (lambda f: f.attrs.modify("model", "{"), "attribute 'model': got no valid JSON"),
        (lambda f: f.attrs.modify("schema_version", 2), "'schema_version'"),
        (lambda f: f["pt_gev"].resize(10, axis=0), r"'sigma_gev': got shape \(\d+,\)"),
    ],
)
def test_damage_is_told_in_lines(whole, tmp_path, damage, told):
    path = tmp_path / "damaged.h5"
    shutil.copy(whole, path)
    with h5py.File(path, "r+") as file:
        damage(file)
    found = calibrated_violations(path)
    assert found
    assert re.search(told, found[0])
    assert not any("\n" in line for line in found)


def test_truncated_and_foreign_files(whole, tmp_path):
    cut = tmp_path / "cut.h5"
    cut.write_bytes(whole.read_bytes()[:-5000])
    with pytest.raises(FileFormatError, match="truncated"):
        CalibratedJetFile(cut)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1.0]
    with pytest.raises(FileFormatError, match="attribute 'schema': got none"):
        CalibratedJetFile(tmp_path / "other.h5")
    assert not is_calibrated_jet_file(tmp_path / "other.h5")
