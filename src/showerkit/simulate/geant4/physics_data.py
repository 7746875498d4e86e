"""Where Geant4's data files are: the user's own, a former download, or the embedded tables."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from showerkit.errors import PhysicsDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Geant4's data variables with the names of the official data sets' folders.
DATA_SETS: Final[dict[str, str]] = {
    "G4NEUTRONHPDATA": "G4NDL",
    "G4LEDATA": "G4EMLOW",
    "G4LEVELGAMMADATA": "PhotonEvaporation",
    "G4RADIOACTIVEDATA": "RadioactiveDecay",
    "G4PARTICLEXSDATA": "G4PARTICLEXS",
    "G4PIIDATA": "G4PII",
    "G4REALSURFACEDATA": "RealSurface",
    "G4SAIDXSDATA": "G4SAIDDATA",
    "G4ABLADATA": "G4ABLA",
    "G4INCLDATA": "G4INCL",
    "G4ENSDFSTATEDATA": "G4ENSDFSTATE",
    "G4CHANNELINGDATA": "G4CHANNELING",
}
DATA_DIR_VARIABLE: Final = "GEANT4_DATA_DIR"
CACHE_DIR_VARIABLE: Final = "SHOWERKIT_CACHE_DIR"
#: How the description of the data names the approximate tables.
APPROXIMATE_HADRONS: Final = "approximate hadronic tables"

_ELECTROMAGNETIC_FILES: Final = (
    "brem_SB/br{z}",
    "epics2017/phot/pe-cs-{z}.dat",
    "epics2017/phot/pe-high-{z}.dat",
    "epics2017/phot/pe-low-{z}.dat",
    "epics2017/rayl/re-cs-{z}.dat",
)
_HADRONIC_FILES: Final = {
    "G4PARTICLEXSDATA": ("neutron/inel{z}", "neutron/el{z}", "neutron/cap{z}"),
    "G4LEVELGAMMADATA": ("z82.a207",),
    "G4ENSDFSTATEDATA": ("ENSDFSTATE.dat",),
}
_CHECKED_Z: Final = (1, 6, 8, 26, 74, 82, 92)


@dataclass(frozen=True)
class PhysicsData:
    """The data files that a Geant4 process is to use.

    Parameters
    ----------
    source
        ``"environment"``, ``"download"`` or ``"embedded"``.
    environment
        Variables to set before Geant4 is imported: the twelve data variables and ``GEANT4_DATA_DIR``,
        each an existing folder.
    description
        One line for file attributes and ``showerkit doctor``.
    hadrons
        Data for hadrons: ``"official"``, ``"approximate"`` tables of showerkit, or ``"none"``.
    """

    source: Literal["environment", "download", "embedded"]
    environment: dict[str, str]
    description: str
    hadrons: Literal["official", "approximate", "none"]


def find_physics_data(cache_dir: Path | None = None, *, hadrons: bool = False) -> PhysicsData:
    """Find Geant4's data: the user's environment, then a former download, then the embedded tables.

    Nothing is asked and nothing is downloaded. The embedded tables are computed on first use, within
    seconds, into the user's cache; where there is no cache to write to, into a temporary folder. So are
    the approximate hadronic tables, where hadrons are asked for and official data for them are not there.

    Parameters
    ----------
    cache_dir
        Cache to use instead of ``SHOWERKIT_CACHE_DIR`` or the user's own.
    hadrons
        Whether data for hadrons are needed.

    Returns
    -------
    PhysicsData
        Variables to set and what they are.

    Raises
    ------
    PhysicsDataError
        If ``G4LEDATA`` or ``GEANT4_DATA_DIR`` name a folder without the data, or if a cache folder was
        named that cannot be written.

    Examples
    --------
    >>> data = find_physics_data()
    >>> sorted(data.environment)[:2]
    ['G4ABLADATA', 'G4CHANNELINGDATA']
    """
    data = _from_environment(os.environ) or _from_download(os.environ) or _from_embedded(cache_dir)
    return _with_hadrons(data, cache_dir) if hadrons and data.hadrons == "none" else data


def default_cache_dir() -> tuple[Path, bool]:
    """Give the cache folder and whether the user named it.

    Returns
    -------
    tuple
        Folder (which may not exist yet), and True if it is the value of ``SHOWERKIT_CACHE_DIR``.

    Examples
    --------
    >>> isinstance(default_cache_dir()[0], Path)
    True
    """
    named = os.environ.get(CACHE_DIR_VARIABLE)
    if named:
        return Path(named).expanduser(), True
    import platformdirs

    return Path(platformdirs.user_cache_dir("showerkit")), False


def missing_electromagnetic_file(ledata: Path) -> str | None:
    """Name the first file for electromagnetic showers that a ``G4LEDATA`` folder lacks.

    Parameters
    ----------
    ledata
        The folder.

    Returns
    -------
    str or None
        Its name below the folder; None if all are there.

    Examples
    --------
    >>> missing_electromagnetic_file(Path("/nonexistent"))
    'brem_SB/br1'
    """
    return _first_missing(ledata, _ELECTROMAGNETIC_FILES)


def _from_environment(environ: Mapping[str, str]) -> PhysicsData | None:
    named = environ.get("G4LEDATA")
    if not named or _is_embedded(Path(named)):
        return None
    ledata = Path(named)
    missing = missing_electromagnetic_file(ledata)
    if missing is not None:
        raise PhysicsDataError(
            "G4LEDATA names a folder without Geant4's electromagnetic data",
            got=f"{named} lacking {missing}",
            expected="an official G4EMLOW folder (Geant4 11)",
            mend="correct the variable, or unset it to use showerkit's embedded tables",
        )
    base = environ.get(DATA_DIR_VARIABLE)
    folders = _data_sets_below(Path(base)) if base else {}
    folders.update(
        {name: Path(environ[name]) for name in DATA_SETS if name in environ and Path(environ[name]).is_dir()}
    )
    return _official("environment", folders, f"official Geant4 data named by the environment ({ledata.name})")


def _from_download(environ: Mapping[str, str]) -> PhysicsData | None:
    base = environ.get(DATA_DIR_VARIABLE)
    named = bool(base) and not _is_embedded(Path(base or ""))
    folder = Path(base) if base and named else Path("~/.geant4_pybind").expanduser()
    folders = _data_sets_below(folder)
    ledata = folders.get("G4LEDATA")
    missing = "G4EMLOW" if ledata is None else missing_electromagnetic_file(ledata)
    if missing is None:
        return _official(
            "download", folders, f"official Geant4 data in {folder} ({folders['G4LEDATA'].name})"
        )
    if named:
        raise PhysicsDataError(
            f"{DATA_DIR_VARIABLE} names a folder without Geant4's electromagnetic data",
            got=f"{folder} lacking {missing}",
            expected="the folder that holds G4EMLOW and the other data sets",
            mend="correct the variable, or unset it to use showerkit's embedded tables",
        )
    return None


def _official(
    source: Literal["environment", "download"], folders: Mapping[str, Path], description: str
) -> PhysicsData:
    """Complete the variables: where a set is missing, a folder that exists but lacks its files."""
    stand_in = folders["G4LEDATA"].resolve()
    environment = {name: str(folders.get(name, stand_in).resolve()) for name in DATA_SETS}
    if "G4ENSDFSTATEDATA" not in folders:
        description += ", without nuclear levels"
    environment[DATA_DIR_VARIABLE] = str(stand_in.parent)
    hadrons = all(
        name in folders and _first_missing(folders[name], files) is None
        for name, files in _HADRONIC_FILES.items()
    )
    return PhysicsData(source, environment, description, "official" if hadrons else "none")


def _from_embedded(cache_dir: Path | None) -> PhysicsData:
    from showerkit.simulate.geant4 import embedded_tables as tables

    folder, note = _cached(tables.embedded_tables, cache_dir)
    environment = dict.fromkeys(DATA_SETS, str(folder / tables.EMPTY_FOLDER))
    environment["G4LEDATA"] = str(folder / tables.LEDATA_FOLDER)
    environment["G4ENSDFSTATEDATA"] = str(folder / tables.STATE_FOLDER)
    environment[DATA_DIR_VARIABLE] = str(folder)
    description = f"showerkit embedded electromagnetic tables {folder.name}{note}"
    return PhysicsData("embedded", environment, description, "none")


def _with_hadrons(data: PhysicsData, cache_dir: Path | None) -> PhysicsData:
    """Add the approximate hadronic tables, all of them: official sets with gaps are not mixed in."""
    from showerkit.simulate.geant4 import hadronic_tables as tables

    folder, note = _cached(tables.hadronic_tables, cache_dir)
    environment = {
        **data.environment,
        "G4PARTICLEXSDATA": str(folder / tables.CROSS_SECTION_FOLDER),
        "G4LEVELGAMMADATA": str(folder / tables.LEVEL_FOLDER),
        "G4ENSDFSTATEDATA": str(folder / tables.STATE_FOLDER),
    }
    description = f"{data.description}, {APPROXIMATE_HADRONS} {folder.name}{note}"
    return PhysicsData(data.source, environment, description, "approximate")


def _cached(build: Callable[[Path], Path], cache_dir: Path | None) -> tuple[Path, str]:
    """Give a folder of tables in the cache, or in a temporary one with a remark."""
    cache, named = (cache_dir, True) if cache_dir is not None else default_cache_dir()
    try:
        return build(cache).resolve(), ""
    except PhysicsDataError:
        if named:
            raise
    folder = build(_temporary_cache()).resolve()
    return folder, f" (in a temporary folder, because {cache} cannot be written)"


def _temporary_cache() -> Path:
    """Give a folder of this user alone below the system's temporary folder."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"showerkit-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise PhysicsDataError(
            "no folder for the embedded Geant4 tables can be written",
            got=error.strerror or str(error),
            mend=f"set {CACHE_DIR_VARIABLE} to a folder that can be written",
        ) from error
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != user):
        raise PhysicsDataError(
            f"{folder} belongs to another user",
            mend=f"set {CACHE_DIR_VARIABLE} to a folder that can be written",
        )
    return folder


def _data_sets_below(folder: Path) -> dict[str, Path]:
    """Find the data sets in a folder by name; of several versions the newest."""
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return {}
    found = {}
    for variable, data_set in DATA_SETS.items():
        versions = [name for name in names if re.fullmatch(re.escape(data_set) + r"[\d.]*", name)]
        if versions:
            newest = max(versions, key=lambda name: [int(part) for part in re.findall(r"\d+", name[1:])])
            found[variable] = folder / newest
    return found


def _is_embedded(folder: Path) -> bool:
    from showerkit.simulate.geant4 import embedded_tables as tables

    return (folder / tables.MARKER).is_file() or (folder.parent / tables.MARKER).is_file()


def _first_missing(folder: Path, patterns: tuple[str, ...]) -> str | None:
    names = [pattern.format(z=z) for z in _CHECKED_Z for pattern in patterns]
    return next((name for name in names if not _is_filled(folder / name)), None)


def _is_filled(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0
