"""Where Geant4's data files are: the user's own, a former download, or the embedded tables."""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4.data_folders import (
    CACHE_DIR_VARIABLE,
    DATA_DIR_VARIABLE,
    DATA_SETS,
    HADRONIC_FILES,
    data_sets_below,
    default_cache_dir,
    download_folders,
    first_missing,
    is_embedded,
    missing_electromagnetic_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: How the description of the data names the approximate tables.
APPROXIMATE_HADRONS: Final = "approximate hadronic tables"


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


def _from_environment(environ: Mapping[str, str]) -> PhysicsData | None:
    named = environ.get("G4LEDATA")
    if not named or is_embedded(Path(named)):
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
    folders = data_sets_below(Path(base)) if base else {}
    folders.update(
        {name: Path(environ[name]) for name in DATA_SETS if name in environ and Path(environ[name]).is_dir()}
    )
    return _official("environment", folders, f"official Geant4 data named by the environment ({ledata.name})")


def _from_download(environ: Mapping[str, str]) -> PhysicsData | None:
    base = environ.get(DATA_DIR_VARIABLE)
    named = bool(base) and not is_embedded(Path(base or ""))
    for folder in download_folders(environ):
        folders = data_sets_below(folder)
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
        name in folders and first_missing(folders[name], files) is None
        for name, files in HADRONIC_FILES.items()
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
