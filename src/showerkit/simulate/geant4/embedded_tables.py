"""Geant4's electromagnetic data files, computed once and kept in the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4 import bremsstrahlung, photon_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

HIGHEST_Z = 92
LEDATA_FOLDER = "G4EMLOW"
STATE_FOLDER = "G4ENSDFSTATE"
EMPTY_FOLDER = "empty"
MARKER = "showerkit-tables.json"

#: Nodes of the bremsstrahlung table; Geant4 interpolates linearly in k/T and ln T between them.
BREMSSTRAHLUNG_ENERGIES_MEV: NDArray[np.float64] = np.array(
    [m * 10.0**e for e in range(-3, 4) for m in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)] + [1e4]
)
BREMSSTRAHLUNG_K_OVER_T: NDArray[np.float64] = np.concatenate(
    [
        np.linspace(0.0, 0.9, 19),
        [0.925, 0.95, 0.97, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 1.0],
    ]
)

_PARTIAL_SUFFIX = ".partial"
_PARTIAL_OLD_AFTER_S = 3600.0


def table_version() -> str:
    """Name the version of the tables: a hash over the code and numbers they are computed from.

    Returns
    -------
    str
        Twelve hexadecimal digits; they change when the builder or xraylib changes.

    Examples
    --------
    >>> len(table_version())
    12
    """
    digest = hashlib.sha256(importlib.metadata.version("xraylib").encode())
    here = Path(__file__).parent
    for source in sorted(
        [*here.glob("bremsstrahlung*"), here / "photon_tables.py", here / Path(__file__).name]
    ):
        if source.is_file():
            digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()[:12]


def embedded_tables(cache_dir: Path) -> Path:
    """Give the folder of the embedded tables, building them if they are not there.

    The folder's name carries `table_version`, so tables of another version are never used. They are
    built beside and renamed into place; when two processes build at once, the first one wins.

    Parameters
    ----------
    cache_dir
        The folder that caches everything of showerkit.

    Returns
    -------
    pathlib.Path
        Folder with the subfolders ``G4EMLOW``, ``G4ENSDFSTATE`` and ``empty``.

    Raises
    ------
    PhysicsDataError
        If the cache cannot be written.
    """
    target = cache_dir / "geant4-tables" / table_version()
    if is_complete(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_old_partials(target.parent)
        partial = Path(tempfile.mkdtemp(prefix=f"{target.name}-", suffix=_PARTIAL_SUFFIX, dir=target.parent))
        try:
            write_tables(partial)
            _move_into_place(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise PhysicsDataError(
            f"embedded Geant4 tables cannot be written to {target.parent}",
            got=error.strerror or str(error),
            expected="a folder that can be written, with 10 MB free",
            mend="set SHOWERKIT_CACHE_DIR to such a folder",
        ) from error
    if not is_complete(target):
        raise PhysicsDataError(
            f"embedded Geant4 tables in {target} are incomplete",
            mend="remove that folder and try again",
        )
    return target


def is_complete(folder: Path) -> bool:
    """Whether every file that the marker of an embedded table folder lists is there, in its size.

    Parameters
    ----------
    folder
        Folder as given by `embedded_tables`.

    Returns
    -------
    bool
        False also when the marker is missing or damaged.

    Examples
    --------
    >>> is_complete(Path("/nonexistent"))
    False
    """
    try:
        sizes = json.loads((folder / MARKER).read_text(encoding="utf-8"))["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def write_tables(folder: Path) -> None:
    """Compute all tables for Z = 1 to 92 and write them with their marker.

    Parameters
    ----------
    folder
        An existing, empty folder.
    """
    contents = {f"{STATE_FOLDER}/ENSDFSTATE.dat": ""}
    for z in range(1, HIGHEST_Z + 1):
        contents.update({f"{LEDATA_FOLDER}/{name}": text for name, text in element_files(z)})
    sizes = {}
    (folder / EMPTY_FOLDER).mkdir()
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode("ascii")
        path.write_bytes(data)
        sizes[name] = len(data)
    (folder / MARKER).write_text(json.dumps({"version": table_version(), "sizes": sizes}), encoding="utf-8")


def element_files(z: int) -> Iterator[tuple[str, str]]:
    """Give the files of one element: name below G4LEDATA and text.

    Parameters
    ----------
    z
        Atomic number, 1 to 92.

    Yields
    ------
    tuple
        Relative file name and contents.

    Examples
    --------
    >>> [name for name, _ in element_files(82)][0]
    'brem_SB/br82'
    """
    scaled_mb = bremsstrahlung.scaled_cross_section_mb(
        z, BREMSSTRAHLUNG_ENERGIES_MEV[:, None], BREMSSTRAHLUNG_K_OVER_T[None, :]
    )
    yield (
        f"brem_SB/br{z}",
        bremsstrahlung_text(BREMSSTRAHLUNG_ENERGIES_MEV, BREMSSTRAHLUNG_K_OVER_T, scaled_mb),
    )
    energy_mev, sigma_b = photon_tables.photoelectric_table(z)
    yield f"epics2017/phot/pe-cs-{z}.dat", vector_text(energy_mev, energy_mev**3 * sigma_b)
    # One effective shell whose fits start above every energy: Geant4 then uses the table alone.
    shell = f"1 1 {2 * photon_tables.HIGHEST_ENERGY_MEV:g}\n{photon_tables.LOWEST_ENERGY_MEV:g} 0 0 0 0 0 0\n"
    yield f"epics2017/phot/pe-high-{z}.dat", shell
    yield f"epics2017/phot/pe-low-{z}.dat", shell
    energy_mev, sigma_b = photon_tables.rayleigh_table(z)
    scaled = energy_mev**2 * sigma_b * photon_tables.MM2_PER_BARN
    yield f"epics2017/rayl/re-cs-{z}.dat", vector_text(energy_mev, scaled)


def bremsstrahlung_text(
    kinetic_energy_mev: NDArray[np.float64], k_over_t: NDArray[np.float64], scaled_mb: NDArray[np.float64]
) -> str:
    """Write a bremsstrahlung table the way Geant4 reads it: type, sizes, k/T, ln(T/MeV), values.

    Parameters
    ----------
    kinetic_energy_mev
        Kinetic energies in MeV, shape (energies,).
    k_over_t
        Photon energy over kinetic energy, shape (ratios,).
    scaled_mb
        Scaled cross sections in mb, shape (energies, ratios).

    Returns
    -------
    str
        The file's contents.

    Examples
    --------
    >>> text = bremsstrahlung_text(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.ones((2, 2)))
    >>> text.splitlines()[0]
    '4 2 2'
    """
    lines = [f"4 {k_over_t.size} {kinetic_energy_mev.size}", _row(k_over_t), _row(np.log(kinetic_energy_mev))]
    lines += [_row(values) for values in scaled_mb]
    return "\n".join(lines) + "\n"


def vector_text(energy_mev: NDArray[np.float64], values: NDArray[np.float64]) -> str:
    """Write a one-dimensional table the way Geant4 reads it: range and size, size, pairs.

    Parameters
    ----------
    energy_mev
        Ascending energies in MeV, shape (n,).
    values
        Values, shape (n,).

    Returns
    -------
    str
        The file's contents.

    Examples
    --------
    >>> vector_text(np.array([1.0, 2.0]), np.array([3.0, 4.0])).splitlines()
    ['1 2 2', '2', '1 3', '2 4']
    """
    head = f"{energy_mev[0]:.10g} {energy_mev[-1]:.10g} {energy_mev.size}\n{energy_mev.size}\n"
    return head + "".join(f"{e:.10g} {v:.10g}\n" for e, v in zip(energy_mev, values, strict=True))


def _row(values: NDArray[np.float64]) -> str:
    return " ".join(f"{v:.8g}" for v in values)


def _move_into_place(partial: Path, target: Path) -> None:
    """Rename a finished folder; if another process was first, keep its folder."""
    partial.chmod(0o755)
    for _ in range(3):
        try:
            partial.rename(target)
            return
        except OSError:
            if is_complete(target) or not target.exists():
                break
            # the folder in the way is damaged: move it aside, then try again
            aside = target.with_name(f"{partial.stem}-damaged{_PARTIAL_SUFFIX}")
            with contextlib.suppress(OSError):
                target.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
    if not is_complete(target):
        partial.rename(target)


def _remove_old_partials(folder: Path) -> None:
    """Remove what builders that were killed left behind."""
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            if (
                entry.name.endswith(_PARTIAL_SUFFIX)
                and time.time() - entry.stat().st_mtime > _PARTIAL_OLD_AFTER_S
            ):
                shutil.rmtree(entry.path, ignore_errors=True)
