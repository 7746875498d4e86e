"""Folders of Geant4's data sets: their names and variables, where they are, and what they must hold."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.simulate.geant4.official_data import OFFICIAL_SETS, version_in, version_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Geant4's data variables with the names of the official data sets' folders.
DATA_SETS: Final = {known.variable: known.name for known in OFFICIAL_SETS}
DATA_DIR_VARIABLE: Final = "GEANT4_DATA_DIR"
CACHE_DIR_VARIABLE: Final = "SHOWERKIT_CACHE_DIR"
_ELECTROMAGNETIC_FILES: Final = (
    "brem_SB/br{z}",
    "epics2017/phot/pe-cs-{z}.dat",
    "epics2017/phot/pe-high-{z}.dat",
    "epics2017/phot/pe-low-{z}.dat",
    "epics2017/rayl/re-cs-{z}.dat",
)
HADRONIC_FILES: Final = {
    "G4PARTICLEXSDATA": ("neutron/inel{z}", "neutron/el{z}", "neutron/cap{z}"),
    "G4LEVELGAMMADATA": ("z82.a207",),
    "G4ENSDFSTATEDATA": ("ENSDFSTATE.dat",),
}
_CHECKED_Z: Final = (1, 6, 8, 26, 74, 82, 92)
_DOWNLOAD_FOLDER: Final = "geant4-data"


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


def download_folder() -> Path:
    """Where `showerkit doctor --download-physics-data` puts the official data sets.

    Examples
    --------
    >>> download_folder().name
    'geant4-data'
    """
    return default_cache_dir()[0] / _DOWNLOAD_FOLDER


def download_folders(environ: Mapping[str, str]) -> list[Path]:
    """Folders of former downloads in which data sets are looked for, in this order.

    Parameters
    ----------
    environ
        The environment variables.
    """
    base = environ.get(DATA_DIR_VARIABLE)
    if base and not is_embedded(Path(base)):
        return [Path(base)]
    return [download_folder(), Path("~/.geant4_pybind").expanduser()]


def first_missing_file(variable: str, folder: Path) -> str | None:
    """Name the first of the files to be expected that a data set's folder lacks.

    Parameters
    ----------
    variable
        The set's environment variable.
    folder
        Its folder.

    Returns
    -------
    str or None
        Its name below the folder; None if all are there (of most sets only that the folder is not empty is
        known).

    Examples
    --------
    >>> first_missing_file("G4LEDATA", Path("/nonexistent"))
    'brem_SB/br1'
    """
    if variable == "G4LEDATA":
        return missing_electromagnetic_file(folder)
    if variable in HADRONIC_FILES:
        return first_missing(folder, HADRONIC_FILES[variable])
    try:
        with os.scandir(folder) as entries:
            return None if any(entries) else "all files"
    except OSError:
        return "all files"


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
    return first_missing(ledata, _ELECTROMAGNETIC_FILES)


def data_sets_below(folder: Path) -> dict[str, Path]:
    """Find the data sets in a folder by name; of several versions the newest.

    Parameters
    ----------
    folder
        The folder that holds the sets' folders.

    Returns
    -------
    dict
        Folder of each set found, by environment variable.

    Examples
    --------
    >>> data_sets_below(Path("/nonexistent"))
    {}
    """
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return {}
    found = {}
    for variable, data_set in DATA_SETS.items():
        versions = {name: version for name in names if (version := version_in(name, data_set)) is not None}
        if versions:
            found[variable] = folder / max(versions, key=lambda name: version_numbers(versions[name]))
    return found


def is_embedded(folder: Path) -> bool:
    """Whether a folder is one of showerkit's own tables.

    Examples
    --------
    >>> is_embedded(Path("/nonexistent"))
    False
    """
    from showerkit.simulate.geant4 import embedded_tables as tables

    return (folder / tables.MARKER).is_file() or (folder.parent / tables.MARKER).is_file()


def first_missing(folder: Path, patterns: tuple[str, ...]) -> str | None:
    """Name the first file of some elements that a folder lacks.

    Parameters
    ----------
    folder
        The folder.
    patterns
        Names of the files, with ``{z}`` for the atomic number.
    """
    names = [pattern.format(z=z) for z in _CHECKED_Z for pattern in patterns]
    return next((name for name in names if not _is_filled(folder / name)), None)


def _is_filled(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0
