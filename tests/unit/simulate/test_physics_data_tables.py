"""The embedded tables: their formats, and how they are cached."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4 import bremsstrahlung_correction, embedded_tables, photon_tables
from showerkit.simulate.geant4.bremsstrahlung import scaled_cross_section_mb
from showerkit.simulate.geant4.embedded_tables import (
    BREMSSTRAHLUNG_ENERGIES_MEV,
    BREMSSTRAHLUNG_K_OVER_T,
    MARKER,
    element_files,
    is_complete,
    table_version,
)
from showerkit.simulate.geant4.seltzer_berger import read_seltzer_berger


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedded_tables.embedded_tables(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of hydrogen and helium alone: the cache behaves the same."""
    monkeypatch.setattr(embedded_tables, "HIGHEST_Z", 2)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_element_has_its_five_files(built: Path) -> None:
    names = set(files_below(built / "G4EMLOW"))
    assert len(names) == 5 * 92
    assert names == {name for z in range(1, 93) for name, _ in element_files(z)}


@pytest.mark.parametrize("z", [1, 26, 92])
def test_bremsstrahlung_file_reads_back_as_geant4_reads_it(built: Path, z: int) -> None:
    words = (built / "G4EMLOW" / "brem_SB" / f"br{z}").read_text().split()
    kind, n_ratios, n_energies = (int(word) for word in words[:3])
    numbers = np.array(words[3:], dtype=float)
    assert kind == 4
    assert numbers.size == n_ratios + n_energies + n_ratios * n_energies
    ratio, log_energy, values = np.split(numbers, [n_ratios, n_ratios + n_energies])
    np.testing.assert_allclose(ratio, BREMSSTRAHLUNG_K_OVER_T, rtol=1e-7)
    assert (np.diff(ratio) > 0).all()
    np.testing.assert_allclose(np.exp(log_energy), BREMSSTRAHLUNG_ENERGIES_MEV, rtol=1e-6)
    expected_mb = scaled_cross_section_mb(z, BREMSSTRAHLUNG_ENERGIES_MEV[:, None], BREMSSTRAHLUNG_K_OVER_T)
    np.testing.assert_allclose(values.reshape(n_energies, n_ratios), expected_mb, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "power", "unit", "table"),
    [
        ("phot/pe-cs", 3, 1.0, photon_tables.photoelectric_table),
        ("rayl/re-cs", 2, 1e-22, photon_tables.rayleigh_table),
    ],
)
def test_photon_file_reads_back_as_geant4_reads_it(
    built: Path, name: str, power: int, unit: float, table
) -> None:
    words = (built / "G4EMLOW" / "epics2017" / f"{name}-82.dat").read_text().split()
    low, high = float(words[0]), float(words[1])
    size = int(words[2])
    assert int(words[3]) == size
    energy_mev, values = np.array(words[4:], dtype=float).reshape(size, 2).T
    assert (energy_mev[0], energy_mev[-1]) == (low, high)
    assert (np.diff(energy_mev) > 0).all()
    expected_mev, expected_b = table(82)
    np.testing.assert_allclose(values / unit / energy_mev**power, expected_b, rtol=1e-6)
    np.testing.assert_allclose(energy_mev, expected_mev, rtol=1e-8)


def test_photoelectric_fits_start_above_every_energy_and_name_one_shell(built: Path) -> None:
    for kind in ("high", "low"):
        words = (built / "G4EMLOW" / "epics2017" / "phot" / f"pe-{kind}-29.dat").read_text().split()
        assert [int(word) for word in words[:2]] == [1, 1]
        assert float(words[2]) > photon_tables.HIGHEST_ENERGY_MEV
        assert len(words) == 3 + 7


def test_tables_are_built_within_seconds(tmp_path: Path) -> None:
    start = time.process_time()
    embedded_tables.embedded_tables(tmp_path)
    assert time.process_time() - start < 10.0


@pytest.mark.usefixtures("quick")
def test_two_builds_are_bit_for_bit_the_same(tmp_path: Path) -> None:
    first, second = (files_below(embedded_tables.embedded_tables(tmp_path / name)) for name in ("a", "b"))
    assert first == second
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.usefixtures("quick")
def test_tables_of_another_version_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = embedded_tables.embedded_tables(tmp_path)
    monkeypatch.setattr(embedded_tables, "table_version", lambda: "0123456789ab")
    second = embedded_tables.embedded_tables(tmp_path)
    assert second != first
    assert is_complete(second)


def test_version_changes_with_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = table_version()
    assert table_version() == before
    package = Path(embedded_tables.__file__).parent
    for name in (
        "embedded_tables.py",
        "photon_tables.py",
        "bremsstrahlung.py",
        "bremsstrahlung_correction.json",
    ):
        (tmp_path / name).write_bytes((package / name).read_bytes())
    monkeypatch.setattr(embedded_tables, "__file__", str(tmp_path / "embedded_tables.py"))
    other = table_version()
    for name in (
        "embedded_tables.py",
        "photon_tables.py",
        "bremsstrahlung.py",
        "bremsstrahlung_correction.json",
    ):
        with (tmp_path / name).open("a") as file:
            file.write(" ")
        changed = table_version()
        assert changed != other
        other = changed


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("damage", ["missing", "truncated", "marker"])
def test_damaged_tables_are_built_again(tmp_path: Path, damage: str) -> None:
    folder = embedded_tables.embedded_tables(tmp_path)
    whole = files_below(folder)
    victim = folder / "G4EMLOW" / "brem_SB" / "br2"
    if damage == "missing":
        victim.unlink()
    elif damage == "truncated":
        victim.write_bytes(victim.read_bytes()[:100])
    else:
        (folder / MARKER).write_text("{")
    assert not is_complete(folder)
    assert embedded_tables.embedded_tables(tmp_path) == folder
    assert files_below(folder) == whole


@pytest.mark.usefixtures("quick")
def test_interrupted_build_leaves_nothing_that_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(z: int):
        if z == 2:
            raise KeyboardInterrupt
        yield "brem_SB/br1", "1"

    with monkeypatch.context() as patch:
        patch.setattr(embedded_tables, "element_files", stop)
        with pytest.raises(KeyboardInterrupt):
            embedded_tables.embedded_tables(tmp_path)
    assert list((tmp_path / "geant4-tables").iterdir()) == []
    assert is_complete(embedded_tables.embedded_tables(tmp_path))


@pytest.mark.usefixtures("quick")
def test_full_disk_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PhysicsDataError, match="No space left on device"):
        embedded_tables.embedded_tables(tmp_path)


@pytest.mark.usefixtures("quick")
def test_leftovers_of_killed_builders_are_removed_when_old(tmp_path: Path) -> None:
    base = tmp_path / "geant4-tables"
    (base / "old.partial").mkdir(parents=True)
    (base / "young.partial").mkdir()
    os.utime(base / "old.partial", (0, 0))
    embedded_tables.embedded_tables(tmp_path)
    assert not (base / "old.partial").exists()
    assert (base / "young.partial").exists()


def test_two_processes_at_once_end_with_one_whole_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from showerkit.simulate.geant4 import embedded_tables as t\n"
        "t.HIGHEST_Z = 8; print(t.embedded_tables(Path(sys.argv[1])))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = {process.communicate(timeout=300)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(outputs) == 1
    assert [entry.name for entry in (tmp_path / "geant4-tables").iterdir()] == [table_version()]
    assert is_complete(Path(outputs.pop().strip()))


def test_number_of_coefficients_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "coefficients.json"
    monkeypatch.setattr(bremsstrahlung_correction, "COEFFICIENT_FILE", file)
    for text, message in (("", "cannot be read"), ('{"coefficients": [1.0]}', "1 numbers")):
        file.write_text(text)
        bremsstrahlung_correction.coefficients.cache_clear()
        with pytest.raises(PhysicsDataError, match=message):
            bremsstrahlung_correction.coefficients()
    bremsstrahlung_correction.coefficients.cache_clear()


def test_reference_file_reads_back(tmp_path: Path) -> None:
    table_mb = np.arange(24.0).reshape(4, 2, 3) + 0.5
    rows = [" ".join(f"{v}" for v in table_mb[z].T.ravel()) for z in range(4)]
    text = "\n".join(["TITLE", " 2 3", "1.0 2.0", "0.0 0.5 1.0", "TITLE", *rows])
    file = tmp_path / "table.dat"
    file.write_text(text)
    energy_mev, ratio, read_mb = read_seltzer_berger(file)
    assert energy_mev.tolist() == [1.0, 2.0]
    assert ratio.tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_array_equal(read_mb, table_mb)
    file.write_text(text[:-5])
    with pytest.raises(PhysicsDataError, match="cannot be read"):
        read_seltzer_berger(file)
