from __future__ import annotations

import h5py
import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.geometry import load_detector


@pytest.fixture
def sample(tmp_path):
    n = 5
    momentum = np.tile([0.0, 0.0, 1000.0], (n, 1))
    incident = IncidentParticles(np.full(n, 22), np.full(n, 1000.0), momentum, np.zeros((n, 3)))
    metadata = FileMetadata(generator="g", kind="geant4", detector=load_detector("zdc-ecal"), seed=1)
    with ShowerWriter(tmp_path / "photons.h5", metadata) as writer:
        writer.append(Showers(incident, np.ones((n, 400)), np.arange(n)))
    return tmp_path / "photons.h5"


def test_a_valid_file(showerkit_command, sample):
    result = showerkit_command("validate", str(sample))
    assert result.code == 0
    assert result.out == f"{sample}: valid\n"


def test_every_violation_is_printed_and_the_exit_code_is_2(showerkit_command, sample):
    with h5py.File(sample, "r+") as file:
        file["showers"][3, 3] = np.nan
        file.attrs["kind"] = "dream"
    result = showerkit_command("validate", str(sample))
    assert result.code == 2
    kind, nan = result.out.splitlines()
    assert "'kind'" in kind
    assert "NaN or infinity (1 value, the first at [3, 3]: nan)" in nan


def test_a_missing_file_is_an_error_and_no_violation(showerkit_command, tmp_path):
    result = showerkit_command("validate", tmp_path / "nowhere.h5")
    result.assert_one_line_error("nowhere.h5", "no such file")
    assert result.out == ""


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_what_is_no_file_of_showers_is_told_in_one_line(showerkit_command, tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    result = showerkit_command("validate", str(path))
    assert result.code == 2
    assert len(result.out.splitlines()) == 1
    assert str(path) in result.out
    assert "Traceback" not in result.out + result.err
