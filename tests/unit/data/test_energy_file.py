"""Files of reconstructed energies: what goes in comes out, in the same bytes; damage is told in a line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from showerkit.data.energy_file import EnergyFile, EnergyFileMetadata, EnergyWriter, is_energy_file
from showerkit.data.energy_schema import EVENTS_PER_CHUNK, approximate_physics
from showerkit.data.energy_validation import energy_violations
from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.data.records import IncidentParticles
from showerkit.errors import DataError, FileFormatError
from showerkit.geometry import load_detector

N = EVENTS_PER_CHUNK + 100


def metadata() -> EnergyFileMetadata:
    return EnergyFileMetadata(
        detector=load_detector("toy-hcal"),
        model={"name": "double", "coverage": 0.68},
        shower_fingerprint="ab" * 32,
        shower_generator="Geant4 11.4",
        physics_data="embedded tables, approximate hadronic tables 1",
        versions={"showerkit": "1"},
    )


def events(n: int = N) -> tuple[ReconstructedEnergies, IncidentParticles]:
    random = np.random.default_rng(1)
    energy = random.uniform(10.0, 1e4, n).astype(np.float32)
    found = energy + random.normal(0.0, 100.0, n)
    sigma = random.uniform(50.0, 200.0, n)
    momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
    incident = IncidentParticles(np.full(n, 11), energy, momentum, np.full((n, 3), -200.0))
    return ReconstructedEnergies(np.arange(n), found, sigma, found - sigma, found + sigma), incident


def write(path: Path, portions: list[int], n: int = N) -> Path:
    energies, incident = events(n)
    with EnergyWriter(path, metadata()) as writer:
        start = 0
        for size in portions:
            writer.append(energies[start : start + size], incident[start : start + size])
            start += size
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("energies") / "a.h5", [N])


def test_what_goes_in_comes_out(whole: Path) -> None:
    energies, incident = events()
    with EnergyFile(whole) as file:
        assert file.metadata == metadata()
        assert len(file) == N
        parts = list(file.iterate(5000))
    for name in ("event_id", "energy_mev", "sigma_mev", "low_mev", "high_mev"):
        read = np.concatenate([getattr(part, name) for part, _ in parts])
        np.testing.assert_array_equal(read, getattr(energies, name))
    np.testing.assert_array_equal(np.concatenate([part.energy_mev for _, part in parts]), incident.energy_mev)


def test_portions_do_not_change_the_bytes(whole: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "b.h5", [1, 7, EVENTS_PER_CHUNK, N - EVENTS_PER_CHUNK - 8])
    assert other.read_bytes() == whole.read_bytes()


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    energies, incident = events(20)
    with EnergyWriter(tmp_path / "a.h5", metadata()) as writer:
        writer.append(ReconstructedEnergies(energies.event_id, energies.energy_mev), incident)
        with pytest.raises(DataError, match="present in some parts only"):
            writer.append(energies, incident)
    with EnergyFile(tmp_path / "a.h5") as file:
        read, _ = file.read()
    assert read.sigma_mev is None
    assert read.low_mev is None


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    with EnergyWriter(tmp_path / "a.h5", metadata()):
        pass
    with EnergyFile(tmp_path / "a.h5") as file:
        assert len(file) == 0
    assert energy_violations(tmp_path / "a.h5") == []


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    energies, incident = events(20)
    with (
        pytest.raises(DataError, match="20 for 19 showers"),
        EnergyWriter(tmp_path / "a.h5", metadata()) as writer,
    ):
        writer.append(energies, incident[:19])
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_is(whole: Path, tmp_path: Path) -> None:
    assert is_energy_file(whole)
    assert not is_energy_file(tmp_path)
    assert not is_energy_file(tmp_path / "nowhere.h5")
    (tmp_path / "text.h5").write_text("text")
    assert not is_energy_file(tmp_path / "text.h5")
    assert approximate_physics(metadata().physics_data)
    assert metadata().model_name == "double"


def _without(name: str, file: h5py.File) -> None:
    del file[name]


def _set(name: str, row: int, value: float, file: h5py.File) -> None:
    file[name][row] = value


def _attribute(name: str, value: str, file: h5py.File) -> None:
    file.attrs[name] = value


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda f: _without("reconstructed_energies", f), "dataset 'reconstructed_energies' is missing"),
        (lambda f: _without("interval_low", f), "interval_low and interval_high: got one; expected both"),
        (lambda f: _set("reconstructed_energies", 3, np.nan, f), r"energy_mev\[3\]: got NaN or infinity"),
        (lambda f: _set("reconstructed_sigmas", 4, -1.0, f), r"sigma_mev\[4\]: got -1.0"),
        (lambda f: _set("interval_high", 5, -1e9, f), r"low_mev\[5\]"),
        (lambda f: _set("event_id", 6, 5, f), "1 event with the id of another event"),
        (lambda f: _attribute("model", "{", f), "attribute 'model': got no valid JSON"),
        (lambda f: _attribute("kind", "geant4", f), "'kind': got 'geant4'"),
        (lambda f: f["event_id"].resize(10, axis=0), r"'incident_energies': got shape \(\d+, 1\); expected"),
    ],
)  # fmt: skip
def test_damage_is_told_in_a_line(whole: Path, tmp_path: Path, damage: object, told: str) -> None:
    path = tmp_path / "damaged.h5"
    shutil.copy(whole, path)
    with h5py.File(path, "r+") as file:
        damage(file)  # type: ignore[operator]
    found = energy_violations(path)
    assert len(found) == 1
    assert re.search(told, found[0])
    assert "\n" not in found[0]


def test_truncated_and_foreign_files(whole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.h5"
    cut.write_bytes(whole.read_bytes()[:-5000])
    with pytest.raises(FileFormatError, match="truncated"):
        EnergyFile(cut)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1.0]
    with pytest.raises(FileFormatError, match="attribute 'schema': got none"):
        EnergyFile(tmp_path / "other.h5")
