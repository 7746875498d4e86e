"""Finished chunks of a sample in the making."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from showerkit.data.chunks import ChunkStore
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.unfinished_sample import first_difference, partial_folder, tidy_partial
from showerkit.errors import DataError

PLAN = {"n": 10, "seed": 1, "detector": {"name": "zdc-ecal", "layers": [1, 2]}}


def showers(n=3, tracks=None):
    incident = IncidentParticles(np.full(n, 11), np.arange(n) + 1.0, np.ones((n, 3)), np.zeros((n, 3)))
    return Showers(incident, np.arange(n * 4).reshape(n, 4) / 3.0, np.arange(n) + 5, charged_tracks=tracks)


@pytest.mark.parametrize("tracks", [None, np.ones((3, 4))])
def test_a_chunk_comes_back_as_it_was(tmp_path, tracks):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    written = showers(tracks=tracks)
    store.write(2, written, geant4="11.4.1")
    read, notes = ChunkStore(tmp_path / "a.h5", PLAN, resume=True).read(2)
    assert notes == {"geant4": "11.4.1"}
    np.testing.assert_array_equal(read.energy_mev, written.energy_mev)
    np.testing.assert_array_equal(read.event_id, written.event_id)
    np.testing.assert_array_equal(read.incident.momentum_mev, written.incident.momentum_mev)
    assert (read.charged_tracks is None) == (tracks is None)


def test_only_finished_chunks_count(tmp_path):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    assert store.finished() == set()
    store.write(0, showers())
    store.write(7, showers())
    (store.folder / ".0000003.npz.99.partial").write_bytes(b"half a chunk")
    (store.folder / "geant4-worker-0.log").write_text("Geant4")
    assert store.finished() == {0, 7}


def test_a_folder_in_the_way_is_told(tmp_path):
    ChunkStore(tmp_path / "a.h5", PLAN).write(0, showers())
    with pytest.raises(DataError, match=r"a\.h5\.partial is left from an interrupted run.*--resume"):
        ChunkStore(tmp_path / "a.h5", PLAN)
    assert ChunkStore(tmp_path / "a.h5", PLAN, overwrite=True).finished() == set()


def test_other_settings_are_refused_and_named(tmp_path):
    ChunkStore(tmp_path / "a.h5", PLAN).write(0, showers())
    with pytest.raises(DataError, match="'seed' differs: got 2; expected 1 as when it was begun"):
        ChunkStore(tmp_path / "a.h5", {**PLAN, "seed": 2}, resume=True)
    other = {**PLAN, "detector": {"name": "toy-hcal", "layers": [1, 2]}}
    with pytest.raises(DataError, match=r"'detector\.name' differs"):
        ChunkStore(tmp_path / "a.h5", other, resume=True)
    assert ChunkStore(tmp_path / "a.h5", PLAN, resume=True).finished() == {0}


def test_a_damaged_plan_or_chunk_is_named(tmp_path):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    store.write(0, showers())
    path = store.folder / "0000000.npz"
    whole = path.read_bytes()
    for broken in (b"", b"not a zip", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"0000000\.npz is damaged.*--resume"):
            store.read(0)
    with pytest.raises(DataError, match="damaged"):
        store.read(4)
    (store.folder / "plan.json").write_text("{")
    with pytest.raises(DataError, match="no valid JSON"):
        ChunkStore(tmp_path / "a.h5", PLAN, resume=True)


def test_chunks_no_longer_needed_are_thrown_away(tmp_path):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    for chunk in range(4):
        store.write(chunk, showers())
    store.discard(range(1, 3))
    assert store.finished() == {0, 3}


def test_a_folder_of_a_larger_sample_stays(tmp_path):
    output = tmp_path / "a.h5"
    store = ChunkStore(output, PLAN)
    assert "kept; go on with it by -n 10 --resume" in tidy_partial(output, {**PLAN, "n": 9})
    with pytest.raises(DataError, match="'seed' differs: got 2; expected 1 as when it was begun"):
        tidy_partial(output, {**PLAN, "seed": 2})
    assert store.folder.exists()
    assert tidy_partial(output, PLAN) is None
    assert not store.folder.exists()


def test_a_folder_in_use_stays(tmp_path):
    code = "import sys; from showerkit.data.chunks import ChunkStore; from json import loads\n"
    code += (
        "store = ChunkStore(sys.argv[1], loads(sys.argv[2])); print('begun', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "a.h5"), json.dumps(PLAN)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"begun\n"
        assert tidy_partial(tmp_path / "a.h5", PLAN) is None
        assert partial_folder(tmp_path / "a.h5").exists()
        other.communicate()
    assert tidy_partial(tmp_path / "a.h5", PLAN) is None
    assert not partial_folder(tmp_path / "a.h5").exists()


@pytest.mark.parametrize("text", ["[1]", "3", "null", "{", "[" * 100_000])
def test_a_plan_that_is_none_is_named(tmp_path, text):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    (store.folder / "plan.json").write_text(text)
    for task in (
        lambda: tidy_partial(tmp_path / "a.h5", PLAN),
        lambda: ChunkStore(tmp_path / "a.h5", PLAN, resume=True),
    ):
        with pytest.raises(DataError, match="expected the plan of an interrupted run"):
            task()


def test_chunks_without_a_plan_are_not_taken_for_those_asked_for(tmp_path):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    store.write(0, showers())
    (store.folder / "plan.json").unlink()
    with pytest.raises(DataError, match=r"plan\.json: got no such file"):
        ChunkStore(tmp_path / "a.h5", PLAN, resume=True)
    assert store.finished() == {0}


def test_removing_leaves_nothing(tmp_path):
    store = ChunkStore(tmp_path / "a.h5", PLAN)
    store.write(0, showers())
    store.remove()
    tidy_partial(tmp_path / "a.h5", PLAN)
    assert not partial_folder(tmp_path / "a.h5").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_first_difference_is_found_on_either_side():
    assert first_difference(PLAN, PLAN) is None
    assert first_difference({"a": 1}, {"a": 1, "b": 2}) == ("b", None, 2)
    assert first_difference({"a": 1, "b": 2}, {"a": 1}) == ("b", 2, None)
    assert first_difference({"a": [1, 2]}, {"a": [1, 3]}) == ("a", [1, 2], [1, 3])
