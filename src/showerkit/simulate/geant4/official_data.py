"""Geant4's official data sets: names, versions, checksums, and which physics needs which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: The release of Geant4 whose data sets are listed.
GEANT4_RELEASE: Final = "11.4"
#: Where Geant4 publishes its data sets.
DATA_SETS_URL: Final = "https://cern.ch/geant4-data/datasets"


@dataclass(frozen=True)
class OfficialSet:
    """One data set as a release of Geant4 expects it.

    Versions and checksums are those of ``G4DatasetDefinitions.cmake`` of that release.

    Parameters
    ----------
    name
        Its name, with which the folder's name begins.
    variable
        The environment variable that names its folder.
    version
        The version expected.
    md5
        MD5 checksum of the archive, in hexadecimal digits.
    archive
        Name with which the archive's name begins.
    """

    name: str
    variable: str
    version: str
    md5: str
    archive: str

    @property
    def folder(self) -> str:
        """Name of the unpacked folder, such as ``G4EMLOW8.8``."""
        return f"{self.name}{self.version}"

    @property
    def file(self) -> str:
        """Name of the archive, such as ``G4EMLOW.8.8.tar.gz``."""
        return f"{self.archive}.{self.version}.tar.gz"


def _set(name: str, variable: str, version: str, md5: str, archive: str | None = None) -> OfficialSet:
    return OfficialSet(name, variable, version, md5, archive or name)


OFFICIAL_SETS: Final = (
    _set("G4EMLOW", "G4LEDATA", "8.8", "328330009df633f7e9b3a9f445745298"),
    _set("G4ENSDFSTATE", "G4ENSDFSTATEDATA", "3.0", "c500728534ce3e9fb2fefa0112eb3a74"),
    _set("G4PARTICLEXS", "G4PARTICLEXSDATA", "4.2", "b63341cc97a472b04ff607b094493174"),
    _set(
        "PhotonEvaporation",
        "G4LEVELGAMMADATA",
        "6.1.2",
        "d80ba9bdefcf9e23487a26adfa273304",
        "G4PhotonEvaporation",
    ),
    _set("G4NDL", "G4NEUTRONHPDATA", "4.7.1", "54f0ed3995856f02433d42ec96d70bc6"),
    _set(
        "RadioactiveDecay",
        "G4RADIOACTIVEDATA",
        "6.1.2",
        "20d494f73d4bddabd7fab5c06a58895c",
        "G4RadioactiveDecay",
    ),
    _set("G4PII", "G4PIIDATA", "1.3", "05f2471dbcdf1a2b17cbff84e8e83b37"),
    _set("RealSurface", "G4REALSURFACEDATA", "2.2", "ea8f1cfa8d8aafd64b71fb30b3e8a6d9", "G4RealSurface"),
    _set("G4SAIDDATA", "G4SAIDXSDATA", "2.0", "d5d4e9541120c274aeed038c621d39da"),
    _set("G4ABLA", "G4ABLADATA", "3.3", "b25d093339e1e4532e31038653580ca6"),
    _set("G4INCL", "G4INCLDATA", "1.3", "72c3ff5f7f1e6f727f2ebf3b11ce784f"),
    _set("G4CHANNELING", "G4CHANNELINGDATA", "2.0", "e853fbcba1e8640f7c3a437253955482"),
)

#: The physics that showerkit simulates, with the sets it reads.
PHYSICS_USED: Final = {
    "electromagnetic showers (G4EmStandardPhysics)": ("G4EMLOW", "G4ENSDFSTATE"),
    "hadrons (FTFP_BERT)": ("G4EMLOW", "G4ENSDFSTATE", "G4PARTICLEXS", "PhotonEvaporation"),
}
#: Physics that Geant4 has and showerkit does not use.
PHYSICS_UNUSED: Final = {
    "neutrons below 20 MeV in high precision (..._HP)": ("G4NDL",),
    "radioactive decay": ("RadioactiveDecay", "PhotonEvaporation", "G4ENSDFSTATE"),
    "X-rays from ionised shells by ions (PIXE)": ("G4PII",),
    "measured optical surfaces": ("RealSurface",),
    "nucleon scattering by SAID": ("G4SAIDDATA",),
    "the Liege cascade (INCL++, ABLA)": ("G4INCL", "G4ABLA"),
    "channelling in crystals": ("G4CHANNELING",),
}


def official_set(name: str) -> OfficialSet | None:
    """Look a data set up by its name.

    Examples
    --------
    >>> official_set("G4EMLOW").file
    'G4EMLOW.8.8.tar.gz'
    """
    return next((known for known in OFFICIAL_SETS if known.name == name), None)


def sets_for(*physics: dict[str, tuple[str, ...]]) -> tuple[OfficialSet, ...]:
    """Give the data sets that the physics of some tables reads, each once.

    Examples
    --------
    >>> [known.name for known in sets_for(PHYSICS_USED)]
    ['G4EMLOW', 'G4ENSDFSTATE', 'G4PARTICLEXS', 'PhotonEvaporation']
    """
    needed = {name for table in physics for names in table.values() for name in names}
    return tuple(known for known in OFFICIAL_SETS if known.name in needed)


def version_in(folder_name: str, name: str) -> str | None:
    """Read a data set's version out of the name of its folder: "" if it tells none, None for other folders.

    Examples
    --------
    >>> version_in("PhotonEvaporation6.1.2", "PhotonEvaporation")
    '6.1.2'
    """
    found = re.fullmatch(re.escape(name) + r"([\d.]*)", folder_name)
    return None if found is None else found.group(1)


def version_numbers(version: str) -> tuple[int, ...]:
    """Numbers of a version, to be compared.

    Examples
    --------
    >>> version_numbers("8.8") < version_numbers("8.10")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version))
