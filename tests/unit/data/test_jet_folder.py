"""Several files of jets as one sample."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.jet_file import JetFile, JetFileMetadata, JetWriter
from showerkit.data.jet_folder import JetFolder, holds_jets, jet_timing, open_jets
from showerkit.data.jet_records import JET_TYPES, Jets, concatenate_jets
from showerkit.data.timing import write_timing
from showerkit.errors import DataError, FileFormatError


def write(path, process, n, places=2):
    numbers = np.arange(n)
    particles = np.full((n, places, 3), 0.1)
    particles[:, 0, 0] = 0.001 * numbers
    ones = np.ones(n)
    jets = Jets(
        particles,
        np.ones((n, places), dtype=bool),
        np.full(n, JET_TYPES[process]),
        1000 * ones,
        0 * ones,
        100 * ones,
        numbers,
    )
    metadata = JetFileMetadata(
        generator="drawn",
        kind="pythia8",
        process=process,
        constituents=places,
        seed=1,
        settings={"process": process, "cone_radius": 0.8},
    )
    path.parent.mkdir(exist_ok=True)
    with JetWriter(path, metadata) as writer:
        writer.append(jets)
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "mix" / "g.h5", "g", 60)
    write(tmp_path / "mix" / "t.h5", "t", 20)
    return tmp_path / "mix"


@pytest.mark.parametrize("batch_size", [1, 7, 80, 1000])
def test_every_jet_comes_once_and_any_beginning_has_the_same_shares(folder, batch_size):
    with open_jets(folder) as sample:
        assert len(sample) == 80
        assert sample.metadata.process == "g,t"
        assert sample.metadata.settings == {"cone_radius": 0.8}
        jets = concatenate_jets(list(sample.iterate(batch_size)))
    for process, n in (("g", 60), ("t", 20)):
        ids = jets.event_id[jets.jet_type == JET_TYPES[process]]
        assert ids.tolist() == list(range(n))
    tops = np.cumsum(jets.jet_type == JET_TYPES["t"])
    assert np.abs(tops - 0.25 * np.arange(1, 81)).max() <= 2.0


def test_files_and_folders_are_told_apart(folder, tmp_path):
    assert holds_jets(folder)
    assert holds_jets(folder / "g.h5")
    assert not holds_jets(tmp_path)
    with open_jets(folder / "g.h5") as file:
        assert isinstance(file, JetFile)
    with JetFolder(folder) as sample, pytest.raises(DataError, match="at least 1"):
        next(sample.iterate(0))


def test_times_of_all_files_count(folder):
    assert jet_timing(folder) is None
    for name, n, seconds in (("g", 60, 0.6), ("t", 20, 0.6)):
        write_timing(
            folder / f"{name}.h5", generator="drawn", n_showers=n, wall_s=seconds, cpu_s=seconds, workers=1
        )
    timing = jet_timing(folder)
    assert (timing.n_showers, timing.cpu_s) == (80, pytest.approx(1.2))
    assert timing.ms_per_shower == pytest.approx(15.0)


def test_files_that_keep_other_numbers_of_particles_are_refused(folder):
    write(folder / "w.h5", "w", 5, places=3)
    with pytest.raises(FileFormatError, match="the 3 hardest particles"):
        open_jets(folder)
