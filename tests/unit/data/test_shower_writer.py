from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from showerkit.data.guarded_file import GuardedFile
from showerkit.data.records import concatenate
from showerkit.data.schema import events_per_chunk, events_per_portion
from showerkit.data.shower_file import ShowerFile, ShowerWriter, read_showers
from showerkit.errors import DataError


def assert_same(a, b):
    for name in ("energy_mev", "event_id", "charged_tracks", "mask_probability"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for name in ("pdg", "energy_mev", "momentum_mev", "position_mm"):
        np.testing.assert_array_equal(getattr(a.incident, name), getattr(b.incident, name))


def test_what_is_written_is_read_back(photons, write_sample, metadata):
    showers = photons(700)
    path = write_sample(showers)
    assert_same(read_showers(path), showers)
    with ShowerFile(path) as sample:
        assert sample.metadata == metadata


def test_calochallenge_tools_read_the_file(photons, write_sample):
    showers = photons(300)
    with h5py.File(write_sample(showers), "r") as file:
        energies, voxels = file["incident_energies"][:], file["showers"][:]
    assert energies.shape == (300, 1)
    assert voxels.shape == (300, 400)
    np.testing.assert_array_equal(voxels, showers.energy_mev)
    np.testing.assert_array_equal(energies[:, 0], showers.incident.energy_mev)


@pytest.mark.parametrize("portion", [1, 97, 256, 600])
def test_bytes_do_not_depend_on_portions_or_time(photons, write_sample, metadata, tmp_path, portion):
    showers = photons(600)
    whole = write_sample(showers).read_bytes()
    time.sleep(1.1 if portion == 97 else 0.0)  # HDF5 stores times in whole seconds
    with ShowerWriter(tmp_path / "portions.h5", metadata) as writer:
        for start in range(0, 600, portion):
            writer.append(showers[start : start + portion])
        assert len(writer) == 600
    assert (tmp_path / "portions.h5").read_bytes() == whole


@pytest.mark.parametrize("cells", [1, 64, 400, 1088, 22050, 10**6])
def test_portions_are_whole_chunks_of_bounded_size(cells):
    chunk, portion = events_per_chunk(cells), events_per_portion(cells)
    assert portion % chunk == 0
    assert 4 * cells * portion <= max(2**25, 4 * cells)


def test_buffer_never_holds_a_whole_portion(photons, metadata, tmp_path):
    chunk = events_per_portion(400)
    with ShowerWriter(tmp_path / "s.h5", metadata) as writer:
        for start in range(0, 4 * chunk, 100):
            writer.append(photons(100, first=start))
            assert writer._n_waiting < chunk


def test_an_empty_file_is_valid(metadata, tmp_path):
    with ShowerWriter(tmp_path / "empty.h5", metadata):
        pass
    with ShowerFile(tmp_path / "empty.h5") as sample:
        assert len(sample) == 0
        assert len(sample.read()) == 0
        assert list(sample.iterate(10)) == []


def test_optional_quantities_are_kept(photons, write_sample):
    showers = photons(20)
    showers = replace(showers, mask_probability=np.full((20, 400), 0.25))
    assert_same(read_showers(write_sample(showers)), showers)


def test_an_exception_leaves_nothing_and_the_former_file_whole(photons, write_sample, metadata, tmp_path):
    path = write_sample(photons(10))
    before = path.read_bytes()

    def interrupted():
        with ShowerWriter(path, metadata, overwrite=True) as writer:
            writer.append(photons(600))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_replaced_on_request_only(photons, write_sample, metadata):
    path = write_sample(photons(10))
    with pytest.raises(DataError, match="exists already"):
        ShowerWriter(path, metadata)
    with ShowerWriter(path, metadata, overwrite=True) as writer:
        writer.append(photons(4))
    assert len(read_showers(path)) == 4


def test_showers_that_do_not_fit_are_refused(photons, metadata, tmp_path):
    masked = replace(photons(3), mask_probability=np.zeros((3, 400)))
    with ShowerWriter(tmp_path / "s.h5", metadata) as writer:
        with pytest.raises(DataError, match=r"got 399 cells; expected 400 cells"):
            writer.append(photons(3, cells=399))
        writer.append(photons(3))
        with pytest.raises(DataError, match="mask_probability: got present in some parts only"):
            writer.append(masked)
    assert len(read_showers(tmp_path / "s.h5")) == 3


def test_a_writer_works_in_a_with_statement_only(photons, metadata, tmp_path):
    with pytest.raises(DataError, match="not open for writing"):
        ShowerWriter(tmp_path / "s.h5", metadata).append(photons(1))


FULL_DISK = """
import resource, signal, sys
import numpy as np
from showerkit.data.guarded_file import GuardedFile
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.errors import DataError
from showerkit.geometry import load_detector

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
random = np.random.default_rng(1)
n = 2000
incident = IncidentParticles(np.full(n, 22), np.full(n, 1e3), np.tile([0, 0, 1e3], (n, 1)), np.zeros((n, 3)))
showers = Showers(incident, random.random((n, 400)), np.arange(n))
metadata = FileMetadata(generator="g", kind="model", detector=load_detector("zdc-ecal"), seed=1)
try:
    with ShowerWriter(sys.argv[1], metadata, overwrite=True) as writer:
        for start in range(0, n, 100):
            writer.append(showers[start : start + 100])
except DataError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_guarded_file_keeps_the_first_failure():
    full = GuardedFile("/dev/full")
    assert full.write(b"lost") == 4
    assert full.write(b"lost as well") == 12
    with pytest.raises(OSError, match="No space left"):
        full.check()
    full.close()


def test_a_full_disk_is_one_clear_error_and_loses_nothing(photons, write_sample, tmp_path):
    path = write_sample(photons(5))
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout.count("\n") == 1
    assert f"{path} could not be written: got File too large" in done.stdout
    assert "free disk space" in done.stdout
    assert done.stderr == ""
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_parts_join_to_the_whole(photons):
    showers = photons(10)
    assert_same(concatenate([showers[:3], showers[3:]]), showers)
