"""Which data are chosen, and what is said when they are incomplete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4 import embedded_tables, physics_data
from showerkit.simulate.geant4.data_folders import DATA_SETS, missing_electromagnetic_file
from showerkit.simulate.geant4.physics_data import find_physics_data

EM_FILES = [
    name.format(z=z)
    for z in (1, 6, 8, 26, 74, 82, 92)
    for name in (
        "brem_SB/br{z}",
        "epics2017/phot/pe-cs-{z}.dat",
        "epics2017/phot/pe-high-{z}.dat",
        "epics2017/phot/pe-low-{z}.dat",
        "epics2017/rayl/re-cs-{z}.dat",
    )
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the tables in it, for tests that are not about building them."""
    folder = tmp_path_factory.mktemp("cache")
    embedded_tables.embedded_tables(folder)
    return folder


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*DATA_SETS, "GEANT4_DATA_DIR", "SHOWERKIT_CACHE_DIR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))


def fill(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1\n")
    return folder


def official(base: Path, version: str = "8.8", hadrons: bool = False) -> Path:
    fill(base / f"G4EMLOW{version}", EM_FILES)
    fill(base / "G4ENSDFSTATE3.0", ["ENSDFSTATE.dat"])
    if hadrons:
        names = [f"neutron/{kind}{z}" for z in (1, 6, 8, 26, 74, 82, 92) for kind in ("inel", "el", "cap")]
        fill(base / "G4PARTICLEXS4.2", names)
        fill(base / "PhotonEvaporation6.1.2", ["z82.a207"])
    return base


def assert_every_variable_names_a_folder(data: physics_data.PhysicsData) -> None:
    assert set(DATA_SETS) <= set(data.environment)
    assert len(DATA_SETS) == 12
    for folder in data.environment.values():
        assert Path(folder).is_dir()
        assert Path(folder).is_absolute()


def test_embedded_tables_are_used_when_nothing_else_is_there(cache: Path) -> None:
    data = find_physics_data(cache)
    assert data.source == "embedded"
    assert data.hadrons == "none"
    assert_every_variable_names_a_folder(data)
    assert missing_electromagnetic_file(Path(data.environment["G4LEDATA"])) is None
    assert (Path(data.environment["G4ENSDFSTATEDATA"]) / "ENSDFSTATE.dat").is_file()


def test_environment_comes_before_download_and_download_before_embedded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    official(tmp_path / "home" / ".geant4_pybind")
    data = find_physics_data(tmp_path / "cache")
    assert data.source == "download"
    assert data.environment["G4LEDATA"].endswith("G4EMLOW8.8")
    assert_every_variable_names_a_folder(data)

    own = official(tmp_path / "own")
    monkeypatch.setenv("G4LEDATA", str(own / "G4EMLOW8.8"))
    data = find_physics_data(tmp_path / "cache")
    assert data.source == "environment"
    assert data.environment["G4LEDATA"] == str(own / "G4EMLOW8.8")
    assert_every_variable_names_a_folder(data)
    assert not (tmp_path / "cache").exists()


def test_geant4_data_dir_is_searched_and_the_newest_version_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    official(tmp_path / "data", "8.8")
    official(tmp_path / "data", "8.10")
    monkeypatch.setenv("GEANT4_DATA_DIR", str(tmp_path / "data"))
    data = find_physics_data()
    assert data.source == "download"
    assert data.environment["G4LEDATA"].endswith("G4EMLOW8.10")
    assert data.hadrons == "none"


def test_hadrons_are_supported_when_their_data_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    official(tmp_path / "data", hadrons=True)
    monkeypatch.setenv("GEANT4_DATA_DIR", str(tmp_path / "data"))
    assert find_physics_data().hadrons == "official"
    assert find_physics_data(hadrons=True) == find_physics_data()


def test_approximate_hadronic_tables_are_made_where_hadrons_are_asked_for(cache: Path) -> None:
    without = find_physics_data(cache)
    assert not (cache / "geant4-hadronic-tables").exists()
    data = find_physics_data(cache, hadrons=True)
    assert data.source == "embedded"
    assert data.hadrons == "approximate"
    assert data.description.startswith(f"{without.description}, approximate hadronic tables ")
    assert_every_variable_names_a_folder(data)
    changed = {name for name in DATA_SETS if data.environment[name] != without.environment[name]}
    assert changed == {"G4PARTICLEXSDATA", "G4LEVELGAMMADATA", "G4ENSDFSTATEDATA"}
    assert (Path(data.environment["G4PARTICLEXSDATA"]) / "neutron" / "inel82").is_file()
    # Asking again without hadrons changes nothing, so that such samples stay the same.
    assert find_physics_data(cache) == without


def test_official_electromagnetic_data_are_kept_beside_approximate_hadronic_tables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    official(tmp_path / "data")
    monkeypatch.setenv("GEANT4_DATA_DIR", str(tmp_path / "data"))
    data = find_physics_data(cache, hadrons=True)
    assert (data.source, data.hadrons) == ("download", "approximate")
    assert data.environment["G4LEDATA"] == str(tmp_path / "data" / "G4EMLOW8.8")
    assert "approximate hadronic tables" in data.description


def test_variable_that_names_an_incomplete_folder_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("G4LEDATA", str(tmp_path))
    with pytest.raises(PhysicsDataError, match=r"G4LEDATA.*lacking brem_SB/br1.*unset"):
        find_physics_data()
    monkeypatch.delenv("G4LEDATA")
    monkeypatch.setenv("GEANT4_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(PhysicsDataError, match=r"GEANT4_DATA_DIR.*unset"):
        find_physics_data()


@pytest.mark.parametrize("broken", ["brem_SB/br82", "epics2017/rayl/re-cs-92.dat"])
def test_empty_or_missing_file_of_a_download_leads_to_the_embedded_tables(
    tmp_path: Path, cache: Path, broken: str
) -> None:
    ledata = official(tmp_path / "home" / ".geant4_pybind") / "G4EMLOW8.8"
    (ledata / broken).write_text("")
    assert find_physics_data(cache).source == "embedded"
    (ledata / broken).unlink()
    assert find_physics_data(cache).source == "embedded"


def test_variables_set_by_a_former_call_are_not_taken_for_the_users_own(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    first = find_physics_data(cache)
    for name, value in first.environment.items():
        monkeypatch.setenv(name, value)
    assert find_physics_data(cache) == first


def test_cache_is_the_one_that_the_variable_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOWERKIT_CACHE_DIR", str(tmp_path / "elsewhere"))
    data = find_physics_data()
    assert Path(data.environment["G4LEDATA"]).is_relative_to(tmp_path / "elsewhere")


def test_cache_that_cannot_be_written_is_an_error_when_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(PhysicsDataError, match="SHOWERKIT_CACHE_DIR"):
        find_physics_data(blocked)
    monkeypatch.setenv("SHOWERKIT_CACHE_DIR", str(blocked))
    with pytest.raises(PhysicsDataError, match="SHOWERKIT_CACHE_DIR"):
        find_physics_data()


def test_without_a_home_a_temporary_folder_is_used_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(physics_data.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(physics_data, "default_cache_dir", lambda: (blocked / "showerkit", False))
    data = find_physics_data()
    assert "temporary" in data.description
    assert Path(data.environment["G4LEDATA"]).is_relative_to(tmp_path / "temporary")


def test_temporary_folder_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / f"showerkit-{os.getuid()}").symlink_to(tmp_path)
    monkeypatch.setattr(physics_data.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(physics_data, "default_cache_dir", lambda: (Path("/dev/null/showerkit"), False))
    with pytest.raises(PhysicsDataError, match="another user"):
        find_physics_data()


def test_second_call_builds_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    first = find_physics_data(cache)

    def build(folder: Path) -> None:
        raise AssertionError(folder)

    monkeypatch.setattr(embedded_tables, "write_tables", build)
    assert find_physics_data(cache) == first


def test_nothing_is_asked_on_standard_input(cache: Path) -> None:
    code = "from showerkit.simulate.geant4 import physics_data as p; print(p.find_physics_data().source)"
    environment = {key: value for key, value in os.environ.items() if key not in DATA_SETS}
    environment["SHOWERKIT_CACHE_DIR"] = str(cache)
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert done.stdout == "embedded\n"
    assert done.stderr == ""
