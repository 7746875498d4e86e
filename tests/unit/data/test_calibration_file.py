"""Records and files of matched jets: what is written is read back, and what is wrong is told."""

from __future__ import annotations

from dataclasses import fields, replace

import h5py
import numpy as np
import pytest

from showerkit.data.calibration_file import (
    CalibrationFileMetadata,
    CalibrationJetFile,
    CalibrationJetWriter,
    is_calibration_jet_file,
    read_calibration_jets,
)
from showerkit.data.calibration_jets import CalibrationJets, concatenate_calibration_jets
from showerkit.data.calibration_validation import calibration_violations
from showerkit.errors import DataError, FileFormatError
from showerkit.workflow import validate

PLACES = 12
METADATA = CalibrationFileMetadata(
    generator="toy", kind="toy", process="qcd", constituents=PLACES, seed=3, settings={"r": 0.4}
)


def some_jets(n: int, seed: int = 1) -> CalibrationJets:
    """Jets whose momenta are the sums of their candidates'."""
    random = np.random.default_rng(seed)
    mask = np.arange(PLACES) < random.integers(1, PLACES + 1, n)[:, None]
    pt = -np.sort(-random.uniform(1, 20, (n, PLACES)), axis=1).astype(np.float32)
    eta, phi = random.uniform(-2, 2, (n, PLACES)), random.uniform(-3, 3, (n, PLACES))
    classes = random.integers(0, 5, (n, PLACES))
    charge = np.where(np.isin(classes, (1, 2)), 0, random.choice([-1, 1], (n, PLACES)))
    candidates = (np.stack([pt, eta, phi, charge, classes], axis=2) * mask[..., None]).astype(np.float32)
    pt, phi = candidates[..., 0].astype(float), candidates[..., 2]
    x, y = (pt * np.cos(phi)).sum(axis=1), (pt * np.sin(phi)).sum(axis=1)
    return CalibrationJets(
        candidates, mask, random.uniform(30, 150, n), random.normal(size=n), random.uniform(-3, 3, n),
        random.uniform(1, 20, n), np.hypot(x, y), random.normal(size=n), np.arctan2(y, x),
        random.uniform(1, 20, n), random.choice([0, 1, 4, 5, 21], n), random.poisson(20, n),
        random.exponential(size=n), np.arange(n), random.uniform(0, 20, n),
    )  # fmt: skip


def assert_same(a: CalibrationJets, b: CalibrationJets) -> None:
    for field in fields(CalibrationJets):
        np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name))


def write(path, jets, portion=10**9):
    with CalibrationJetWriter(path, METADATA) as writer:
        for start in range(0, len(jets), portion):
            writer.append(jets[start : start + portion])
    return path


def test_what_is_written_is_read_back(tmp_path):
    jets = some_jets(9000)
    path = write(tmp_path / "a.h5", jets)
    assert_same(read_calibration_jets(path), jets)
    with CalibrationJetFile(path) as file:
        assert (len(file), file.metadata) == (9000, METADATA)
        assert_same(file.read(10, 20), jets[10:20])
        assert [len(batch) for batch in file.iterate(4000)] == [4000, 4000, 1000]
        assert_same(concatenate_calibration_jets(list(file.iterate(4000))), jets)
    assert is_calibration_jet_file(path)
    assert validate(path) == []


def test_portions_do_not_change_the_bytes(tmp_path):
    jets = some_jets(6000)
    one, other = write(tmp_path / "a.h5", jets), write(tmp_path / "b.h5", jets, portion=777)
    assert one.read_bytes() == other.read_bytes()
    with CalibrationJetFile(one) as a, CalibrationJetFile(other) as b:
        assert a.fingerprint() == b.fingerprint()


def test_a_file_without_jets(tmp_path):
    path = write(tmp_path / "a.h5", some_jets(0))
    assert len(read_calibration_jets(path)) == 0


def test_response_and_numbers():
    jets = some_jets(50)
    np.testing.assert_allclose(jets.response, jets.pt_gev / jets.true_pt_gev, rtol=1e-6)
    np.testing.assert_array_equal(jets.n_candidates, jets.mask.sum(axis=1))
    few = jets[np.array([3, 1])]
    assert few.event_id.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("true_pt_gev", 0.0, r"true_pt_gev\[2\]: got 0.0; expected a value > 0"),
        ("mass_gev", -1.0, r"mass_gev\[2\]: got -1.0"),
        ("phi", 3.2, r"phi\[2\]: got 3.2.*expected an angle"),
        ("flavour", 6, r"flavour\[2\]: got 6"),
        ("weight", np.nan, r"weight\[2\]: got NaN"),
        ("n_candidates", 0, r"n_candidates\[2\]: got 0; expected at least those of the mask"),
    ],
)
def test_wrong_values_are_told(name, value, message):
    jets = some_jets(5)
    values = getattr(jets, name).copy()
    values[2] = value
    with pytest.raises(DataError, match=message):
        replace(jets, **{name: values})


def test_wrong_shapes_are_told():
    jets = some_jets(5)
    with pytest.raises(DataError, match=r"eta: got shape \(4,\); expected shape \(5\)"):
        replace(jets, eta=jets.eta[:4])
    with pytest.raises(DataError, match="candidates where the mask is False: got other values"):
        replace(jets, candidates=np.ones_like(jets.candidates))
    candidates, mask = np.pad(jets.candidates, ((0, 0), (0, 1), (0, 0))), np.pad(jets.mask, ((0, 0), (0, 1)))
    wide = replace(jets, candidates=candidates, mask=mask)
    with pytest.raises(DataError, match="12 and 13 candidates a jet"):
        concatenate_calibration_jets([jets, wide])


def test_other_numbers_of_places_are_refused(tmp_path):
    jets = some_jets(5)
    metadata = METADATA.model_copy(update={"constituents": 7})
    with (
        pytest.raises(DataError, match="12 candidates a jet; expected 7"),
        CalibrationJetWriter(tmp_path / "a.h5", metadata) as writer,
    ):
        writer.append(jets)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("dataset", "place", "value", "message"),
    [
        ("candidates", (3, 0, 0), 0.01, "not by falling pT"),
        ("candidate_class", (slice(None), 0), 1, "of a neutral class"),
        ("detector_jet", (3, 0), 900.0, "another pT than its candidates"),
        ("weight", (3,), 0.0, "weight: not positive"),
        ("candidate_class", (3, 0), 9, "candidate_class: got other values"),
    ],
)
def test_violations_are_found(tmp_path, dataset, place, value, message):
    path = write(tmp_path / "a.h5", some_jets(40))
    with h5py.File(path, "r+") as file:
        file[dataset][place] = value
    found = calibration_violations(path)
    assert any(message in line for line in found), found


def test_damage_is_one_line(tmp_path):
    path = write(tmp_path / "a.h5", some_jets(3000))
    short = tmp_path / "short.h5"
    short.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(FileFormatError, match="truncated"):
        CalibrationJetFile(short)
    with h5py.File(path, "r+") as file:
        del file["weight"]
    with pytest.raises(FileFormatError, match="dataset 'weight' is missing"):
        CalibrationJetFile(path)
    with h5py.File(path, "r+") as file:
        file.attrs["schema"] = "showerkit-jets"
    with pytest.raises(FileFormatError, match="attribute 'schema': got 'showerkit-jets'"):
        CalibrationJetFile(path)
