"""The index of a folder of shards: written once, believed only while the shards are what they were."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from showerkit.data.shard import Shard
from showerkit.data.shard_index import INDEX_NAME, read_index
from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter
from showerkit.errors import FileFormatError

SIZES = (30, 0, 50, 20)


@pytest.fixture
def folder(tmp_path, photons, detector):
    metadata = FileMetadata(generator="g", kind="geant4", detector=detector, seed=1)
    first = 0
    for number, size in enumerate(SIZES):
        write(tmp_path / f"shard-{number}.h5", metadata, photons, size, first)
        first += size
    return tmp_path


def write(path, metadata, photons, size, first):
    with ShowerWriter(path, metadata, overwrite=True) as writer:
        if size:
            writer.append(photons(size, first=first, seed=first))


def indexed(folder):
    with ShowerFile(folder) as sample:
        sample.write_index()
    with ShowerFile(folder) as sample:
        assert sample.indexed
        return len(sample)


def test_the_index_tells_counts_and_offsets(folder):
    assert indexed(folder) == sum(SIZES)
    told = json.loads((folder / INDEX_NAME).read_text())
    assert (told["content"], told["version"]) == ("showerkit-shard-index", 1)
    assert [shard["events"] for shard in told["shards"]] == list(SIZES)
    assert [shard["first_event"] for shard in told["shards"]] == [0, 30, 30, 80]
    assert [shard["bytes"] for shard in told["shards"]] == [
        (folder / shard["file"]).stat().st_size for shard in told["shards"]
    ]


def test_a_sample_with_an_index_reads_the_same_and_opens_only_what_it_reads(folder, monkeypatch):
    with ShowerFile(folder) as sample:
        expected = sample.read()
        sample.write_index()
    opened = []
    check = Shard._check
    monkeypatch.setattr(
        Shard, "_check", lambda self, known: opened.append(self.path.name) or check(self, known)
    )
    with ShowerFile(folder) as sample:
        assert opened == ["shard-0.h5"]
        np.testing.assert_array_equal(sample.read_event_id(85, 90), np.arange(85, 90))
        assert opened == ["shard-0.h5", "shard-3.h5"]
        np.testing.assert_array_equal(sample.read().energy_mev, expected.energy_mev)


@pytest.mark.parametrize(
    "change", ["more events", "one more shard", "one less", "touched", "damaged", "foreign"]
)
def test_an_index_that_is_stale_is_not_believed_and_made_anew(folder, photons, detector, change):
    indexed(folder)
    metadata = FileMetadata(generator="g", kind="geant4", detector=detector, seed=1)
    index, expected = folder / INDEX_NAME, 100
    if change == "more events":
        write(folder / "shard-2.h5", metadata, photons, 70, 30)
        expected = 120
    elif change == "one more shard":
        write(folder / "shard-4.h5", metadata, photons, 5, 100)
        expected = 105
    elif change == "one less":
        (folder / "shard-0.h5").unlink()
        expected = 70
    elif change == "touched":
        os.utime(folder / "shard-2.h5", ns=(1, 1))
    elif change == "damaged":
        index.write_bytes(index.read_bytes()[:-40])
    else:
        index.write_text("[" * 100_000)
    with ShowerFile(folder) as sample:
        assert not sample.indexed
        assert len(sample) == expected
    assert indexed(folder) == expected


def test_a_shard_that_contradicts_the_index_is_named(folder):
    """One that was changed without a trace in size and time."""
    indexed(folder)
    told = json.loads((folder / INDEX_NAME).read_text())
    told["shards"][2]["events"] = 49
    told["shards"][3]["first_event"] = 79
    (folder / INDEX_NAME).write_text(json.dumps(told))
    with ShowerFile(folder) as sample, pytest.raises(FileFormatError, match=r"shard-2.h5: got other.*delete"):
        sample.read(40, 45)


def test_offsets_that_do_not_follow_are_no_index(folder):
    indexed(folder)
    told = json.loads((folder / INDEX_NAME).read_text())
    told["shards"][2]["events"] = 49
    (folder / INDEX_NAME).write_text(json.dumps(told))
    assert read_index(folder, sorted(folder.glob("*.h5"))) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_folder_that_is_read_only_stays_without(folder):
    folder.chmod(0o500)
    try:
        with ShowerFile(folder) as sample:
            sample.write_index()
            assert len(sample) == 100
        assert not (folder / INDEX_NAME).exists()
    finally:
        folder.chmod(0o700)


def test_a_later_shard_of_another_detector_is_refused_when_it_is_read(folder, photons):
    from showerkit.geometry import load_detector

    indexed(folder)
    other = FileMetadata(generator="g", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    path = folder / "shard-3.h5"
    before = path.stat()
    write(path, other, photons, 20, 80)
    told = json.loads((folder / INDEX_NAME).read_text())
    told["shards"][3]["bytes"], told["shards"][3]["modified_ns"] = path.stat().st_size, before.st_mtime_ns
    (folder / INDEX_NAME).write_text(json.dumps(told))
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    with ShowerFile(folder) as sample, pytest.raises(FileFormatError, match="kind: got another"):
        sample.read(95, 96)
