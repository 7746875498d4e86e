"""Approximate data files for FTFP_BERT, computed once and kept beside the electromagnetic tables."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4 import nuclear
from showerkit.simulate.geant4.embedded_tables import (
    MARKER,
    _move_into_place,
    _remove_old_partials,
    is_complete,
    vector_text,
)
from showerkit.simulate.geant4.nuclear.elements import element
from showerkit.simulate.geant4.nuclear.neutrons import neutron_cross_sections
from showerkit.simulate.geant4.nuclear.photons import giant_dipole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

HIGHEST_Z: Final = 92
#: Photonuclear reactions are asked for up to plutonium.
HIGHEST_PHOTONUCLEAR_Z: Final = 94
_TRANSURANIC_MASSES_U: Final = {93: 237.0, 94: 244.0}

CROSS_SECTION_FOLDER: Final = "G4PARTICLEXS"
LEVEL_FOLDER: Final = "PhotonEvaporation"
STATE_FOLDER: Final = "G4ENSDFSTATE"
MM2_PER_BARN: Final = 1e-22

# Geant4 finds its place in these tables by arithmetic: nodes must be even in ln E (photons: in E).
NEUTRON_ENERGIES_MEV: NDArray[np.float64] = np.geomspace(1e-11, 1e4, 301)
INELASTIC_ENERGIES_MEV: NDArray[np.float64] = np.geomspace(1e-2, 1e4, 181)
CAPTURE_ENERGIES_MEV: NDArray[np.float64] = np.geomspace(1e-11, 1e2, 261)
PHOTON_ENERGIES_MEV: NDArray[np.float64] = np.linspace(5.0, 40.0, 141)


def hadronic_table_version() -> str:
    """Name the version of the tables: a hash over the code and numbers they are computed from.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> len(hadronic_table_version())
    12
    """
    digest = hashlib.sha256()
    models = Path(next(iter(nuclear.__path__)))
    for source in sorted([Path(__file__), *models.glob("*.py"), *models.glob("*.json")]):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()[:12]


def hadronic_tables(cache_dir: Path) -> Path:
    """Give the folder of the approximate hadronic tables, building them if they are not there.

    As with `embedded_tables`, the folder's name carries the version, it is built beside and renamed into
    place, and of two processes that build at once the first one wins.

    Parameters
    ----------
    cache_dir
        The folder that caches everything of showerkit.

    Returns
    -------
    pathlib.Path
        Folder with the subfolders ``G4PARTICLEXS``, ``PhotonEvaporation`` (empty) and ``G4ENSDFSTATE``
        (without states).

    Raises
    ------
    PhysicsDataError
        If the cache cannot be written.
    """
    target = cache_dir / "geant4-hadronic-tables" / hadronic_table_version()
    if is_complete(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_old_partials(target.parent)
        partial = Path(tempfile.mkdtemp(prefix=f"{target.name}-", suffix=".partial", dir=target.parent))
        try:
            write_hadronic_tables(partial)
            _move_into_place(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise PhysicsDataError(
            f"hadronic Geant4 tables cannot be written to {target.parent}",
            got=error.strerror or str(error),
            expected="a folder that can be written, with 10 MB free",
            mend="set SHOWERKIT_CACHE_DIR to such a folder",
        ) from error
    if not is_complete(target):
        raise PhysicsDataError(
            f"hadronic Geant4 tables in {target} are incomplete",
            mend="remove that folder and try again",
        )
    return target


def write_hadronic_tables(folder: Path) -> None:
    """Compute all tables and write them with their marker.

    Parameters
    ----------
    folder
        An existing, empty folder.
    """
    sizes = {}
    (folder / LEVEL_FOLDER).mkdir()
    contents = {f"{STATE_FOLDER}/ENSDFSTATE.dat": ""}
    for z in range(1, HIGHEST_PHOTONUCLEAR_Z + 1):
        contents.update({f"{CROSS_SECTION_FOLDER}/{name}": text for name, text in element_files(z)})
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("ascii")
        path.write_bytes(data)
        sizes[name] = len(data)
    (folder / MARKER).write_text(
        json.dumps({"version": hadronic_table_version(), "sizes": sizes}), encoding="utf-8"
    )


def element_files(z: int) -> Iterator[tuple[str, str]]:
    """Give the files of one element: name below G4PARTICLEXSDATA and text.

    These are all that FTFP_BERT opens: cross sections of charged hadrons and of ions are within Geant4.

    Parameters
    ----------
    z
        Atomic number, 1 to 94; above 92 there are photonuclear cross sections only.

    Yields
    ------
    tuple
        Relative file name and contents.

    Examples
    --------
    >>> [name for name, _ in element_files(93)]
    ['gamma/inel93']
    """
    mass_u = _TRANSURANIC_MASSES_U.get(z) or element(z).mass_u
    yield f"gamma/inel{z}", _text(PHOTON_ENERGIES_MEV, giant_dipole(z, mass_u, PHOTON_ENERGIES_MEV))
    if z > HIGHEST_Z:
        return
    elastic_b = neutron_cross_sections(z, NEUTRON_ENERGIES_MEV).elastic_b
    inelastic_b = neutron_cross_sections(z, INELASTIC_ENERGIES_MEV).inelastic_b
    capture_b = neutron_cross_sections(z, CAPTURE_ENERGIES_MEV).capture_b
    yield f"neutron/el{z}", _text(NEUTRON_ENERGIES_MEV, elastic_b)
    yield f"neutron/inel{z}", _text(INELASTIC_ENERGIES_MEV, inelastic_b)
    yield f"neutron/cap{z}", _text(CAPTURE_ENERGIES_MEV, capture_b)


def _text(energy_mev: NDArray[np.float64], sigma_b: NDArray[np.float64]) -> str:
    return vector_text(energy_mev, sigma_b * MM2_PER_BARN)
