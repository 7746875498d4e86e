from __future__ import annotations

import json
from itertools import pairwise

import h5py
import numpy as np
import pytest

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.errors import FileFormatError


@pytest.fixture
def path(photons, write_sample):
    return write_sample(photons(400))


def change(path, action):
    with h5py.File(path, "r+") as file:
        action(file)


def replace_dataset(name, values):
    def action(file):
        del file[name]
        file.create_dataset(name, data=values)

    return action


def set_attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


def edit_detector(**changes):
    def action(file):
        detector = json.loads(file.attrs["detector"])
        detector.update(changes)
        file.attrs["detector"] = json.dumps(detector)

    return action


DAMAGES = {
    "no showers": (lambda f: f.__delitem__("showers"), "dataset 'showers' is missing"),
    "shape": (
        replace_dataset("showers", np.zeros((400, 399), "f4")),
        r"got shape \(400, 399\); expected shape \(400, 400\)",
    ),
    "length": (replace_dataset("event_id", np.arange(399)), r"dataset 'event_id': got shape \(399,\)"),
    "type": (replace_dataset("showers", np.zeros((400, 400))), "got type float64; expected type float32"),
    "no dataset": (lambda f: (f.__delitem__("showers"), f.create_group("showers")), "got Group"),
    "foreign": (lambda f: f.attrs.__delitem__("schema"), "without showerkit's attributes"),
    "jets": (set_attribute("schema", "showerkit-jets"), "a file of jets; expected showers"),
    "newer": (
        set_attribute("schema_version", 99),
        "got 99; expected a whole number from 1 to 1; to mend: update showerkit",
    ),
    "odd version": (set_attribute("schema_version", "one"), "got 'one'; expected a whole number"),
    "no detector": (lambda f: f.attrs.__delitem__("detector"), "key 'detector' is missing"),
    "no JSON": (set_attribute("detector", "{"), "attribute 'detector': got no valid JSON"),
    "detector as number": (set_attribute("detector", 3.0), "it is a float64.*expected a JSON text"),
    "wrong detector": (edit_detector(cells_x=-1), "'detector.cells_x': got -1"),
    "other cells": (edit_detector(cells_x=10), r"expected shape \(400, 200\)"),
    "kind": (set_attribute("kind", "dream"), "'kind': got 'dream'"),
    "seed": (set_attribute("seed", "x"), "'seed': got 'x'"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_file_is_one_line_that_says_what(path, damage):
    action, message = DAMAGES[damage]
    change(path, action)
    with pytest.raises(FileFormatError, match=message) as caught:
        ShowerFile(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("showers", np.nan, "NaN or infinity"),
        ("showers", -1.0, "got -1.0; expected a value >= 0"),
        ("incident_energies", np.inf, "NaN or infinity"),
        ("incident_energies", -2.0, "got -2.0"),
        ("incident_momentum", np.nan, "momentum_mev.*NaN or infinity"),
    ],
)
def test_wrong_values_are_found_on_reading(path, name, value, message):
    def action(file):
        file[name][7, 0] = value

    change(path, action)
    with ShowerFile(path) as sample, pytest.raises(FileFormatError, match=message):
        sample.read()


def test_no_such_file(tmp_path):
    with pytest.raises(FileFormatError, match="no such file"):
        ShowerFile(tmp_path / "nothing.h5")


@pytest.mark.parametrize("content", [b"", b"event,energy\n1,2\n"])
def test_another_format(tmp_path, content):
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(FileFormatError, match="expected an HDF5 file"):
        ShowerFile(tmp_path / "a.h5")


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.05])
def test_truncated(path, kept):
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(FileFormatError, match="truncated HDF5 file"):
        ShowerFile(path)


def test_random_damage_is_a_named_error_or_harmless(path):
    content = path.read_bytes()
    random = np.random.default_rng(3)
    messages = []
    for _ in range(60):
        broken = bytearray(content)
        for place in random.integers(0, len(content), 40):
            broken[place] = random.integers(256)
        path.write_bytes(broken)
        try:
            read_showers(path)
        except FileFormatError as error:
            messages.append(str(error))
    assert len(messages) > 30
    assert not any("\n" in message for message in messages)


def test_plain_calochallenge_file(tmp_path):
    with h5py.File(tmp_path / "dataset_2.hdf5", "w") as file:
        file["incident_energies"] = np.ones((3, 1))
        file["showers"] = np.ones((3, 6480))
    with pytest.raises(FileFormatError, match="a plain CaloChallenge file"):
        ShowerFile(tmp_path / "dataset_2.hdf5")


def test_a_folder_of_shards_reads_as_one_sample(photons, write_sample, tmp_path):
    showers = photons(500)
    bounds = [0, 200, 200, 460, 500]
    for number, (a, b) in enumerate(pairwise(bounds)):
        write_sample(showers[a:b], f"shards/part-{number:03}.h5", seed=number)
    (tmp_path / "shards" / "notes.txt").write_text("not a shard")
    (tmp_path / "shards" / ".part-9.h5.123.partial").write_text("left over")
    with ShowerFile(tmp_path / "shards") as sample:
        assert len(sample) == 500
        assert sample.shard_rows == [(0, 200), (200, 200), (200, 460), (460, 500)]
        for start, stop in [(0, 500), (150, 470), (200, 201), (199, 200), (77, 77), (500, 500)]:
            part = sample.read(start, stop)
            np.testing.assert_array_equal(part.energy_mev, showers.energy_mev[start:stop])
            np.testing.assert_array_equal(part.event_id, showers.event_id[start:stop])
        batches = list(sample.iterate(64))
        assert [len(batch) for batch in batches] == [64] * 7 + [52]
        incident, event_id = sample.read_incident(190, 210)
        np.testing.assert_array_equal(event_id, np.arange(190, 210))
        np.testing.assert_array_equal(incident.momentum_mev, showers.incident.momentum_mev[190:210])
        np.testing.assert_array_equal(sample.read_event_id(), showers.event_id)


def test_many_shards_need_few_handles(photons, write_sample, tmp_path):
    for number in range(40):
        write_sample(photons(3, first=3 * number), f"shards/{number:02}.h5")
    with ShowerFile(tmp_path / "shards") as sample:
        np.testing.assert_array_equal(sample.read().event_id, np.arange(120))
        assert sum(shard.file is not None for shard in sample._shards) <= 16


@pytest.mark.parametrize("change", [{"kind": "model"}, {"detector": "zdc-ecal-pbwo4"}])
def test_shards_of_different_things_are_refused(photons, write_sample, tmp_path, change):
    from showerkit.geometry import load_detector

    if "detector" in change:
        change = {"detector": load_detector(change["detector"])}
    write_sample(photons(3), "shards/a.h5")
    write_sample(photons(3), "shards/b.h5", **change)
    with pytest.raises(FileFormatError, match="another than the first shard's"):
        ShowerFile(tmp_path / "shards")


def test_an_empty_folder(tmp_path):
    with pytest.raises(FileFormatError, match="a folder without HDF5 files"):
        ShowerFile(tmp_path)


def test_rows_outside_are_refused(path):
    from showerkit.errors import DataError

    with ShowerFile(path) as sample, pytest.raises(DataError, match="rows: got 0 to 401"):
        sample.read(0, 401)


def test_fingerprint_follows_the_content(photons, write_sample):
    same = [write_sample(photons(30), name) for name in ("a.h5", "b.h5")]
    other = write_sample(photons(30, seed=2), "c.h5")
    prints = []
    for path in (*same, other):
        with ShowerFile(path) as sample:
            prints.append(sample.fingerprint())
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 64


def test_attributes_beyond_64_kib_fit(photons, write_sample):
    path = write_sample(photons(3), settings={"note": "x" * 200_000})
    with ShowerFile(path) as sample:
        assert sample.metadata.settings == {"note": "x" * 200_000}
