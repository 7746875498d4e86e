from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from showerkit.data import value_checks
from showerkit.data.validation import violations
from showerkit.data.value_checks import repeated_ids
from showerkit.errors import FileFormatError


@pytest.fixture
def path(photons, write_sample):
    return write_sample(photons(2000))


def change(path, action):
    with h5py.File(path, "r+") as file:
        action(file)


def put(name, place, value):
    def action(file):
        file[name][place] = value

    return action


def test_a_valid_file_has_none(path):
    assert violations(path) == []


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            put("showers", (1500, 3), np.nan),
            "showers: NaN or infinity (1 value, the first at [1500, 3]: nan)",
        ),
        (put("showers", (7, slice(2, 4)), -1.5), "showers: negative (2 values, the first at [7, 2]: -1.5)"),
        (
            put("showers", (9, 0), 1e5),
            "showers: total deposit in MeV above the incident energy (with twice the rest energy) (1 value",
        ),
        (put("incident_energies", (4, 0), np.inf), "incident_energies: NaN or infinity"),
        (put("incident_momentum", (1999, 2), 1.0), "incident_momentum: its length in MeV does not fit"),
        (put("incident_position", (3, 1), np.nan), "incident_position: NaN or infinity"),
        (put("event_id", 3, 17), "event_id: 1 event with the id of another event"),
        (put("event_id", 3, -1), "event_id: negative"),
        (lambda f: f.attrs.__setitem__("kind", "dream"), "attribute 'kind': got 'dream'"),
        (lambda f: f.attrs.__delitem__("seed"), "attribute 'seed' is missing"),
        (lambda f: f.attrs.__delitem__("units"), "attribute 'units' is missing"),
        (lambda f: f["showers"].attrs.__setitem__("unit", "GeV"), "got unit 'GeV'; expected unit 'MeV'"),
        (lambda f: f["event_id"].resize((1999,)), "datasets of different numbers of events"),
        (lambda f: f.__delitem__("incident_pdg"), "dataset 'incident_pdg' is missing"),
    ],
)
def test_each_violation_is_found(path, action, message):
    change(path, action)
    found = violations(path)
    assert len(found) >= 1
    assert any(message in line for line in found), found
    assert all(line.startswith((str(path), "event_id")) for line in found)


def test_all_violations_are_listed_together(path):
    def action(file):
        del file["incident_position"]
        file.attrs["kind"] = "dream"
        file.attrs["seed"] = -1
        file["showers"][5, 5] = np.nan
        file["showers"][6, 6] = -1.0

    change(path, action)
    found = " | ".join(violations(path))
    for what in ("'incident_position' is missing", "'kind'", "'seed'", "NaN", "negative"):
        assert what in found
    assert found.count("|") == 4


def test_mass_matters_for_the_momentum(photons, write_sample):
    showers = photons(50)
    incident = showers.incident
    direction = incident.direction
    kinetic = incident.energy_mev.astype(float)
    mass = 105.6583755
    momentum = np.sqrt(kinetic * (kinetic + 2 * mass))[:, None] * direction
    muons = replace(incident, pdg=np.full(50, 13), momentum_mev=momentum)
    assert violations(write_sample(replace(showers, incident=muons), "muons.h5")) == []
    wrong = replace(incident, pdg=np.full(50, 13))
    assert "does not fit" in violations(write_sample(replace(showers, incident=wrong), "wrong.h5"))[0]


def test_a_surrogate_may_break_energy_conservation(photons, write_sample):
    showers = photons(10)
    showers = replace(showers, energy_mev=3 * showers.energy_mev)
    assert len(violations(write_sample(showers, "a.h5"))) == 1
    assert violations(write_sample(showers, "b.h5", kind="model")) == []


def test_shards_are_checked_together(photons, write_sample, tmp_path):
    write_sample(photons(300), "shards/a.h5")
    write_sample(photons(300, first=300), "shards/b.h5")
    assert violations(tmp_path / "shards") == []
    write_sample(photons(10, first=5), "shards/c.h5", kind="model")
    found = violations(tmp_path / "shards")
    assert any("another kind" in line for line in found)
    assert found[-1] == "event_id: 10 events with the id of another event"


def test_files_that_are_none(tmp_path, path):
    with pytest.raises(FileFormatError, match="no such file"):
        violations(tmp_path / "nothing.h5")
    (tmp_path / "text.h5").write_text("hello")
    assert violations(tmp_path / "text.h5") == [
        f"{tmp_path}/text.h5: got a file of another format; expected an HDF5 file"
    ]
    path.write_bytes(path.read_bytes()[:-1000])
    assert "truncated" in violations(path)[0]


def test_damaged_chunks_are_told(path):
    with h5py.File(path, "r") as file:
        info = file["showers"].id.get_chunk_info(2)
    content = bytearray(path.read_bytes())
    content[info.byte_offset : info.byte_offset + 200] = bytes(200)
    path.write_bytes(content)
    assert any("damaged HDF5 file" in line for line in violations(path))


def test_repeated_ids_in_buckets(monkeypatch):
    monkeypatch.setattr(value_checks, "_IDS_AT_ONCE", 100)
    random = np.random.default_rng(1)
    ids = random.integers(0, 1000, 1500)
    portions = np.array_split(ids, 7)
    assert repeated_ids(portions, 1500) == 1500 - len(np.unique(ids))
    assert repeated_ids([np.arange(5), np.arange(5, 9)], 9) == 0
