"""The approximate hadronic tables: their format, their join with Geant4's models, and how they are cached."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4 import hadronic_tables
from showerkit.simulate.geant4.embedded_tables import is_complete
from showerkit.simulate.geant4.hadronic_tables import (
    MM2_PER_BARN,
    element_files,
    hadronic_table_version,
)
from showerkit.simulate.geant4.nuclear.neutrons import neutron_cross_sections


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of hydrogen and helium alone: the cache behaves the same."""
    monkeypatch.setattr(hadronic_tables, "HIGHEST_PHOTONUCLEAR_Z", 2)


def table(text: str) -> tuple[np.ndarray, np.ndarray]:
    lowest, highest, n, again, *pairs = text.split()
    assert n == again
    energy, value = np.array(pairs, float).reshape(int(n), 2).T
    assert (float(lowest), float(highest)) == (energy[0], energy[-1])
    return energy, value


@pytest.mark.parametrize("z", [1, 26, 92])
def test_nodes_are_even_where_geant4_counts_on_it(z: int) -> None:
    files = dict(element_files(z))
    assert set(files) == {f"gamma/inel{z}", *(f"neutron/{kind}{z}" for kind in ("el", "inel", "cap"))}
    for name, text in files.items():
        energy, value = table(text)
        place = energy if name.startswith("gamma") else np.log(energy)
        np.testing.assert_allclose(np.diff(place), (place[-1] - place[0]) / (place.size - 1), rtol=1e-6)
        assert np.isfinite(value).all()
        assert (value >= 0.0).all()


def test_values_are_areas_in_square_millimetres() -> None:
    energy, area_mm2 = table(dict(element_files(26))["neutron/inel26"])
    i = int(np.argmin(np.abs(np.log(energy / 14.0))))
    expected_b = neutron_cross_sections(26, energy[i : i + 1]).inelastic_b[0]
    assert area_mm2[i] == pytest.approx(expected_b * 1e-24 * 100.0, rel=1e-8)  # 1 b = 1e-24 cm2
    assert MM2_PER_BARN == 1e-22


def test_above_uranium_there_are_photonuclear_tables_alone() -> None:
    assert [name for name, _ in element_files(94)] == ["gamma/inel94"]


@pytest.mark.usefixtures("quick")
def test_tables_are_kept_and_mended(tmp_path: Path) -> None:
    folder = hadronic_tables.hadronic_tables(tmp_path)
    assert folder.name == hadronic_table_version()
    assert (folder / "G4ENSDFSTATE" / "ENSDFSTATE.dat").read_bytes() == b""
    assert list((folder / "PhotonEvaporation").iterdir()) == []
    damaged = folder / "G4PARTICLEXS" / "neutron" / "el2"
    whole = damaged.read_bytes()
    stamp = damaged.stat().st_mtime_ns
    assert hadronic_tables.hadronic_tables(tmp_path) == folder
    assert damaged.stat().st_mtime_ns == stamp
    damaged.write_bytes(whole[:-10])
    assert not is_complete(folder)
    assert hadronic_tables.hadronic_tables(tmp_path) == folder
    assert damaged.read_bytes() == whole
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_two_processes_at_once_leave_one_whole_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from showerkit.simulate.geant4 import hadronic_tables as t; "
        "t.HIGHEST_PHOTONUCLEAR_Z = 3; print(t.hadronic_tables(Path(sys.argv[1])))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    (answer,) = answers
    assert is_complete(Path(answer))
    assert len(list(Path(answer).parent.iterdir())) == 1


@pytest.mark.usefixtures("quick")
def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(PhysicsDataError, match=r"hadronic Geant4 tables.*SHOWERKIT_CACHE_DIR"):
        hadronic_tables.hadronic_tables(blocked)
