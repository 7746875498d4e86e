"""What is there of Geant4's official data sets, and their download on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from showerkit.errors import ConfigurationError, suggest
from showerkit.progress import Progress, SilentProgress
from showerkit.workflow.findings import Diagnosis, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.simulate.geant4.data_report import SetFinding
    from showerkit.simulate.geant4.official_data import OfficialSet


def examine_physics_data() -> Diagnosis:
    """Say which official data sets of Geant4 are there, and what is missing for which physics.

    Nothing essential is ever missing: showerkit makes its own tables where there are no official data.

    Returns
    -------
    Diagnosis
        A line for each data set, each kind of physics, and how to get what is missing.

    Examples
    --------
    >>> "hadrons (FTFP_BERT)" in [finding.name for finding in examine_physics_data().findings]
    True
    """
    from showerkit.simulate.geant4.data_report import examine_data_sets, examine_physics
    from showerkit.simulate.geant4.official_data import DATA_SETS_URL, PHYSICS_USED

    found = examine_data_sets()
    findings = [_geant4_version()]
    findings += [Finding(finding.expected.name, _mark(finding), finding.detail) for finding in found]
    served = {finding.expected.name: finding for finding in found}
    for physics in examine_physics(found):
        names = ", ".join(physics.missing)
        if physics.used:
            detail = _doubts(served, physics.physics)
            if physics.missing:
                detail = f"{names} missing: showerkit's own tables are used"
        else:
            detail = f"{names} missing; not used by showerkit" if physics.missing else "not used by showerkit"
        findings.append(Finding(physics.physics, "absent" if physics.missing else "ok", detail))
    needed = {name for names in PHYSICS_USED.values() for name in names}
    wanted = [
        finding.expected
        for finding in found
        if finding.expected.name in needed and not (finding.serves and finding.state == "ok")
    ]
    if wanted:
        sets = " ".join(known.name for known in wanted)
        files = ", ".join(known.file for known in wanted)
        findings.append(
            Finding("to get them", "ok", f"showerkit doctor --download-physics-data {sets} (internet)")
        )
        findings.append(
            Finding("by hand", "ok", f"unpack {files} of {DATA_SETS_URL}; set GEANT4_DATA_DIR to the folder")
        )
    return Diagnosis(tuple(findings))


def download_physics_data(
    sets: Sequence[str] = (),
    *,
    to: Path | str | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Download official data sets of Geant4; nothing else in showerkit uses the network by itself.

    Parameters
    ----------
    sets
        Their names, such as ``"G4EMLOW"``, or ``"all"``; by default those of the physics that showerkit
        simulates.
    to
        Folder for them; by default one in showerkit's cache, where they are found without further ado.
    source
        Address of the archives; by default Geant4's own site.
    progress
        Receives the progress.

    Returns
    -------
    list of pathlib.Path
        The folders of the sets.

    Raises
    ------
    ConfigurationError
        If there is no set of a name.
    PhysicsDataError
        If a set cannot be downloaded, is not the one that Geant4 published, or cannot be stored.
    """
    from showerkit.simulate.geant4.data_download import download_data_set
    from showerkit.simulate.geant4.data_folders import download_folder
    from showerkit.simulate.geant4.official_data import DATA_SETS_URL

    progress = progress or SilentProgress()
    folder = download_folder() if to is None else Path(to).expanduser()
    chosen = _chosen(sets)
    return [
        download_data_set(wanted, folder, url=source or DATA_SETS_URL, progress=progress) for wanted in chosen
    ]


def _mark(finding: SetFinding) -> Literal["ok", "absent", "check"]:
    if not finding.in_use or finding.state == "missing":
        return "absent"
    return "ok" if finding.state == "ok" else "check"


def _chosen(names: Sequence[str]) -> tuple[OfficialSet, ...]:
    from showerkit.simulate.geant4.official_data import OFFICIAL_SETS, PHYSICS_USED, official_set, sets_for

    if not names:
        return sets_for(PHYSICS_USED)
    if "all" in names:
        return OFFICIAL_SETS
    for name in names:
        if official_set(name) is None:
            raise ConfigurationError(
                f"unknown data set '{name}'",
                mend=suggest(name, ["all", *(known.name for known in OFFICIAL_SETS)]),
            )
    return tuple(known for known in OFFICIAL_SETS if known.name in names)


def _doubts(served: dict[str, SetFinding], physics: str) -> str:
    """Whether the data in use are those that this release of Geant4 was made with."""
    from showerkit.simulate.geant4.official_data import PHYSICS_USED

    others = [name for name in PHYSICS_USED[physics] if served[name].state != "ok"]
    if not others:
        return "official data"
    return f"official data, but {', '.join(others)} of another version than Geant4 expects"


def _geant4_version() -> Finding:
    """Whether the versions listed are those that the installed Geant4 expects."""
    from showerkit.simulate.geant4.official_data import GEANT4_RELEASE
    from showerkit.workflow.geant4_check import installed_geant4

    version = installed_geant4()
    if version is None:
        return Finding("Geant4", "check", "does not load: see showerkit doctor")
    if version == GEANT4_RELEASE or version.startswith(f"{GEANT4_RELEASE}."):
        return Finding("Geant4", "ok", f"{version}, whose data sets are known")
    return Finding(
        "Geant4",
        "check",
        f"{version}: the versions below are those of Geant4 {GEANT4_RELEASE}",
    )
