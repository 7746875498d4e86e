"""Files of the CaloChallenge and of Par04: what is written is read, what is damaged is refused."""

from __future__ import annotations

import math

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge
from showerkit.data.open_voxels import holds_voxels, open_voxels
from showerkit.errors import DataError, FileFormatError


def write(path, **datasets):
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    return path


ONES = {"incident_energies": np.ones((7, 1))}


@pytest.fixture
def showers():
    return np.random.default_rng(1).gamma(1.0, 10.0, (7, 24)).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 30), parts=st.integers(1, 4), dtype=st.sampled_from([np.float32, np.float64]))
def test_round_trip_loses_nothing(tmp_path_factory, n, parts, dtype):
    random = np.random.default_rng(n)
    incident, energy = random.gamma(2.0, 1e3, n).astype(dtype), random.gamma(0.1, 1.0, (n, 5)).astype(dtype)
    path = tmp_path_factory.mktemp("round") / "a.hdf5"
    pieces = np.array_split(np.arange(n), parts)
    write_calochallenge(path, [as_calochallenge(incident[rows], energy[rows]) for rows in pieces])
    with open_voxels(path) as sample:
        found = sample.read(0, n)
        together = np.concatenate([part.energy_mev for part in sample.iterate()])
    assert found.energy_mev.dtype == dtype
    assert np.array_equal(found.energy_mev, energy)
    assert np.array_equal(found.incident_mev, incident)
    assert np.array_equal(together, energy)


def test_later_layout_of_par04_has_the_order_of_the_challenge(tmp_path):
    random = np.random.default_rng(2)
    showers = random.gamma(1.0, 1.0, (6, 3, 4, 5)).astype(np.float32)  # rings, sectors, layers
    angles = random.uniform(0.5, 1.5, (2, 6))
    path = write(
        tmp_path / "a.h5",
        showers=showers,
        incident_energy=np.arange(1.0, 7.0),
        incident_theta=angles[0],
        incident_phi=angles[1],
    )
    with open_voxels(path) as sample:
        assert (sample.form, sample.shape) == ("Par04", (5, 4, 3))
        found = sample.read(1, 3)
    layer, sector, ring = 3, 2, 1
    assert np.array_equal(
        found.energy_mev[:, (layer * 4 + sector) * 3 + ring], showers[1:3, ring, sector, layer]
    )
    assert np.array_equal(found.angles_rad, angles.T[1:3])


def test_earlier_layout_of_par04_has_energies_for_names(tmp_path):
    random = np.random.default_rng(3)
    parts = {"64": random.random((2, 3, 4, 5)), "8": random.random((3, 3, 4, 5))}
    path = write(tmp_path / "SiW_angle_90.h5", **parts)
    with open_voxels(path) as sample:
        found = sample.read(0, len(sample))
        across = sample.read(2, 4)
    assert found.incident_mev.tolist() == [8e3] * 3 + [64e3] * 2
    assert np.array_equal(found.energy_mev[3], parts["64"][0].transpose(2, 1, 0).ravel())
    assert np.array_equal(across.energy_mev, found.energy_mev[2:4])
    assert np.allclose(found.angles_rad, [math.pi / 2.0, 0.0])


def test_folder_of_files(tmp_path, showers):
    for name, rows in (("a.h5", slice(0, 4)), ("b.h5", slice(4, 7))):
        write(tmp_path / name, showers=showers[rows], incident_energies=np.ones((7, 1))[rows])
    with open_voxels(tmp_path) as sample:
        assert np.array_equal(sample.read(0, 7).energy_mev, showers)
        assert sum(len(part) for part in sample.iterate(5)) == 5


def _damaged(showers, place, value):
    wrong = showers.copy()
    wrong[place] = value
    return wrong


@pytest.mark.parametrize("dtype", ["S4", "V8", "c8", h5py.vlen_dtype(np.float32)])
def test_what_are_no_numbers_is_refused(tmp_path, dtype):
    with h5py.File(tmp_path / "angle_90.h5", "w") as file:
        file.create_dataset("64", shape=(2, 3, 4, 5), dtype=dtype)
    with pytest.raises(FileFormatError, match=r"dataset '64': got type .*expected numbers"):
        open_voxels(tmp_path / "angle_90.h5")


@pytest.mark.parametrize(
    ("datasets", "words"),
    [
        (lambda s: {"showers": s}, "'incident_energies' is missing"),
        (lambda s: {"incident_energies": np.ones((7, 1))}, "'showers' is missing"),
        (lambda s: {"showers": s, "incident_energies": np.ones((6, 1))}, r"got shape \(6, 1\)"),
        (lambda s: {"showers": s[0], "incident_energies": np.ones((7, 1))}, "got shape"),
        (lambda s: {"showers": s[:, :0], "incident_energies": np.ones((7, 1))}, "showers of no voxels"),
        (lambda s: {"showers": s.astype(int), "incident_energies": np.ones((7, 1))}, "type int64"),
        (lambda s: {"showers": _damaged(s, (3, 2), np.nan), **ONES}, r"showers\[3, 2\]: got nan"),
        (lambda s: {"showers": _damaged(s, (6, 0), np.inf), **ONES}, r"showers\[6, 0\]: got inf"),
        (lambda s: {"showers": _damaged(s, (5, 1), -1.0), **ONES}, r"showers\[5, 1\]: got -1"),
        (lambda s: {"showers": s, "incident_energies": np.zeros((7, 1))}, r"incident energies\[0\]: got 0"),
    ],
)  # fmt: skip
def test_wrong_files_are_one_clear_line(tmp_path, showers, datasets, words):
    path = write(tmp_path / "a.h5", **datasets(showers))
    with pytest.raises(FileFormatError, match=words) as caught, open_voxels(path) as sample:
        list(sample.iterate())
    assert "\n" not in str(caught.value)


def test_truncated_file(tmp_path, showers):
    path = write(tmp_path / "a.h5", showers=showers, incident_energies=np.ones((7, 1)))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FileFormatError, match="truncated"):
        open_voxels(path)
    assert not holds_voxels(path)


def test_nothing_is_overwritten_unasked(tmp_path, showers):
    path = tmp_path / "a.h5"
    path.write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        write_calochallenge(path, [as_calochallenge(np.ones(7), showers)])
    assert path.read_text() == "mine"
    with pytest.raises(DataError, match="no showers"):
        write_calochallenge(path, [], overwrite=True)
    assert path.read_text() == "mine"


def test_whole_numbers_are_energies_too():
    from pathlib import Path

    from showerkit.data.voxel_showers import VoxelShowers, checked_showers

    whole = VoxelShowers(np.array([[5], [7]]), np.array([[0, 3], [2, 1]], dtype=np.int16))
    assert checked_showers(Path("whole.h5"), 0, whole) is whole
    with pytest.raises(FileFormatError, match="finite values of 0 or more"):
        checked_showers(Path("whole.h5"), 0, VoxelShowers(np.array([[5]]), np.array([[-2, 3]])))
