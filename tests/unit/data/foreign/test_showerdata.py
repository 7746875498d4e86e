"""Point clouds of showerdata: the layout its readers expect, and files that others wrote."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from showerkit.data.foreign.options import ForeignOptions
from showerkit.data.shower_file import read_showers
from showerkit.errors import FileFormatError
from showerkit.progress import SilentProgress
from showerkit.workflow.convert import convert


class Told(SilentProgress):
    """Keeps what it is told."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        self.lines.append(message)


def write_clouds(path, clouds, *, values=4, pdg=None, directions=None, leave_out=(), **changes):
    """Write a file in the layout of showerdata."""
    n = len(clouds)
    columns = {
        "energies": np.full((n, 1), 10.0, "f4"),
        "directions": np.tile([0.0, 0.0, 1.0], (n, 1)) if directions is None else directions,
        "pdg": np.full(n, 22, "i4") if pdg is None else pdg,
        "shower_ids": np.arange(n, dtype="i4"),
        "num_points": np.array([len(cloud) for cloud in clouds], "i4"),
        "shape": np.array([n, max(map(len, clouds)), values]),
        **changes,
    }
    with h5py.File(path, "w") as file:
        flat = file.create_dataset("showers", (n,), dtype=h5py.vlen_dtype(np.float32))
        for number, cloud in enumerate(clouds):
            flat[number] = np.asarray(cloud, "f4").ravel()
        for name, column in columns.items():
            if name not in leave_out:
                file[name] = column
        file.attrs["showerdata_version"] = "0.6.1"
    return path


def test_points_are_cells_with_a_deposit(tmp_path, photons, write_sample):
    showers = photons(6)
    convert(write_sample(showers), tmp_path / "clouds.h5", to="showerdata")
    with h5py.File(tmp_path / "clouds.h5") as file:
        most = int((showers.energy_mev > 0).sum(axis=1).max())
        assert file["shape"][:].tolist() == [6, most, 4]
        assert file["energies"].shape == (6, 1)
        assert file["energies"][:, 0] == pytest.approx(showers.incident.energy_mev / 1000.0, rel=1e-6)
        assert np.linalg.norm(file["directions"][:], axis=1) == pytest.approx(1.0)
        for number, cloud in enumerate(file["showers"][:]):
            points = cloud.reshape(-1, 4)
            assert len(points) == file["num_points"][number]
            assert points[:, 3].sum() * 1000.0 == pytest.approx(showers.total_mev[number], rel=1e-5)
            assert (points[:, 2] == 0).all()
            assert np.abs(points[:, :2]).max() <= 9.5 * 30.3 + 1e-3


def test_clouds_of_others_are_added_up_in_cells(tmp_path):
    (tmp_path / "small.yaml").write_text(
        "name: small\ncells: [3, 2]\ncell_mm: [10, 12]\n"
        "layers: [{material: lyso, thickness_mm: 4, repeat: 4}]\n"
    )
    # Columns from -15 mm on, 10 mm wide; rows from -12 mm on, 12 mm high.
    clouds = [
        [[-14.0, -1.0, 0.0, 0.5], [-12.0, -1.0, 0.0, 0.25], [14.0, 1.0, 3.0, 1.0]],
        [[0.0, 1.0, 1.9999999, 2.0], [99.0, 1.0, 1.0, 1.0], [0.0, 0.0, 4.0, 1.0]],
        [],
    ]
    write_clouds(tmp_path / "clouds.h5", clouds)
    told = Told()
    options = ForeignOptions(detector=str(tmp_path / "small.yaml"))
    convert(tmp_path / "clouds.h5", tmp_path / "ours.h5", options=options, progress=told)
    showers = read_showers(tmp_path / "ours.h5")
    images = showers.energy_mev.reshape(3, 4, 2, 3)
    expected = np.zeros_like(images)
    expected[0, 0, 0, 0], expected[0, 3, 1, 2], expected[1, 2, 1, 1] = 750.0, 1000.0, 2000.0
    assert images == pytest.approx(expected)
    assert showers.incident.momentum_mev[:, 2] == pytest.approx(10_000.0)
    assert told.lines == [
        f"{tmp_path / 'clouds.h5'}: points outside the detector were left out, 34.8 % of the energy"
    ]


def test_times_are_left_out_and_told(tmp_path):
    write_clouds(tmp_path / "clouds.h5", [[[0.0, 0.0, 0.0, 1.0, 5.0]]], values=5)
    told = Told()
    convert(
        tmp_path / "clouds.h5",
        tmp_path / "ours.h5",
        options=ForeignOptions(detector="zdc-ecal"),
        progress=told,
    )
    assert told.lines == [f"{tmp_path / 'clouds.h5'}: times were left out"]


POINT = [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("clouds", "changes", "words"),
    [
        ([[POINT]], {"leave_out": ("pdg",)}, "'pdg' is missing"),
        ([[POINT]], {"energies": np.ones(1)}, "'energies'"),
        ([[POINT]], {"shape": np.array([1, 1, 7])}, "7 values a point"),
        ([[POINT], [[1.0, 2.0]]], {}, r"showers\[1\]: got 2 values"),
        ([[[0.0, 0.0, 0.0, np.nan]]], {}, "NaN"),
        ([[[0.0, 0.0, 0.0, -1.0]]], {}, "got -1000"),
        ([[POINT]], {"pdg": np.array([99], "i4")}, "got 99"),
        ([[POINT]], {"directions": np.zeros((1, 3))}, "no length"),
        ([[POINT]], {"energies": np.full((1, 1), np.nan)}, "NaN"),
    ],
)
def test_damaged_clouds(tmp_path, clouds, changes, words):
    write_clouds(tmp_path / "clouds.h5", clouds, **changes)
    with pytest.raises(FileFormatError, match=words) as caught:
        convert(tmp_path / "clouds.h5", tmp_path / "ours.h5", options=ForeignOptions(detector="zdc-ecal"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ours.h5").exists()


def test_the_detector_has_to_be_said(tmp_path):
    write_clouds(tmp_path / "clouds.h5", [[POINT]])
    with pytest.raises(FileFormatError, match="--detector"):
        convert(tmp_path / "clouds.h5", tmp_path / "ours.h5")
