"""Which of Geant4's official data sets are there, in which versions, and for which physics they suffice."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from showerkit.simulate.geant4.data_folders import (
    DATA_DIR_VARIABLE,
    data_sets_below,
    download_folders,
    first_missing_file,
    is_embedded,
)
from showerkit.simulate.geant4.official_data import (
    OFFICIAL_SETS,
    PHYSICS_UNUSED,
    PHYSICS_USED,
    OfficialSet,
    version_in,
    version_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Where installations of Geant4 keep their data.
_USUAL_FOLDERS: Final = (
    "/usr/share/Geant4/data",
    "/usr/local/share/Geant4/data",
    "/usr/share/geant4/data",
    "/opt/geant4/share/Geant4/data",
    "/cvmfs/geant4.cern.ch/share/data",
)

State = Literal["ok", "other version", "incomplete", "no version", "missing"]


@dataclass(frozen=True)
class SetFinding:
    """What was found of one data set.

    Parameters
    ----------
    expected
        The set as Geant4 expects it.
    state
        ``"ok"``, ``"other version"``, ``"no version"`` (the folder's name tells none), ``"incomplete"``
        or ``"missing"``.
    folder
        Where it was found.
    version
        The version found.
    lacks
        The first file that is not there, where the set is incomplete.
    in_use
        Whether a simulation started now would look there: False for folders that only might be named.
    """

    expected: OfficialSet
    state: State
    folder: Path | None = None
    version: str | None = None
    lacks: str | None = None
    in_use: bool = True

    @property
    def serves(self) -> bool:
        """Whether a simulation started now can read it."""
        return self.in_use and self.state in ("ok", "other version", "no version")

    @property
    def detail(self) -> str:
        """One line on it."""
        if self.folder is None:
            return f"not found; {self.expected.version} is expected ({self.expected.variable})"
        where = str(self.folder) if self.in_use else f"{self.folder} (not in use: {_how_to_use(self)})"
        if self.state == "incomplete":
            return f"{where} lacks {self.lacks}"
        if self.state == "other version":
            return f"{where}: version {self.version}, {self.expected.version} is expected"
        if self.state == "no version":
            return f"{where}: its version is not known, {self.expected.version} is expected"
        return where


@dataclass(frozen=True)
class PhysicsFinding:
    """Whether the data for one kind of physics are there.

    Parameters
    ----------
    physics
        What it is.
    used
        Whether showerkit simulates it.
    missing
        Names of the sets that are not to be read.
    """

    physics: str
    used: bool
    missing: tuple[str, ...]


def examine_data_sets(environ: Mapping[str, str] | None = None) -> tuple[SetFinding, ...]:
    """Look for every official data set: in its variable, in former downloads, in the usual folders.

    Parameters
    ----------
    environ
        The environment variables; by default those of this process.

    Returns
    -------
    tuple of SetFinding
        One for each set, in the order of `OFFICIAL_SETS`.

    Examples
    --------
    >>> len(examine_data_sets({}))
    12
    """
    environ = os.environ if environ is None else environ
    used = download_folders(environ)
    others = [Path(folder) for folder in _USUAL_FOLDERS]
    if prefix := environ.get("CONDA_PREFIX"):
        others.insert(0, Path(prefix, "share", "Geant4", "data"))
    return tuple(_examine(expected, environ, used, others) for expected in OFFICIAL_SETS)


def examine_physics(findings: Iterable[SetFinding]) -> tuple[PhysicsFinding, ...]:
    """Say for each kind of physics which data sets it lacks.

    Parameters
    ----------
    findings
        What `examine_data_sets` found.

    Returns
    -------
    tuple of PhysicsFinding
        Those that showerkit simulates first.
    """
    served = {finding.expected.name for finding in findings if finding.serves}
    return tuple(
        PhysicsFinding(physics, used, tuple(name for name in names if name not in served))
        for used, table in ((True, PHYSICS_USED), (False, PHYSICS_UNUSED))
        for physics, names in table.items()
    )


def _examine(
    expected: OfficialSet, environ: Mapping[str, str], used: Sequence[Path], others: Sequence[Path]
) -> SetFinding:
    named = environ.get(expected.variable)
    if named and not is_embedded(Path(named)):
        folder = Path(named)
        if not folder.is_dir():
            return SetFinding(expected, "incomplete", folder, lacks="the folder itself")
        return _judged(expected, folder, in_use=True)
    for folders, in_use in ((used, True), (others, False)):
        for base in folders:
            if (found := data_sets_below(base).get(expected.variable)) is not None:
                return _judged(expected, found, in_use=in_use)
    return SetFinding(expected, "missing")


def _judged(expected: OfficialSet, folder: Path, *, in_use: bool) -> SetFinding:
    version = version_in(folder.name, expected.name) or version_in(folder.resolve().name, expected.name)
    lacks = first_missing_file(expected.variable, folder)
    state: State = "ok"
    if lacks is not None:
        state = "incomplete"
    elif not version:
        state = "no version"
    elif version_numbers(version) != version_numbers(expected.version):
        state = "other version"
    return SetFinding(expected, state, folder, version, lacks, in_use)


def _how_to_use(finding: SetFinding) -> str:
    parent = finding.folder.parent if finding.folder is not None else ""
    return f"set {DATA_DIR_VARIABLE}={parent}"
