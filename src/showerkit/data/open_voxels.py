"""Open a sample of showers on voxels, of whichever layout its files have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from showerkit.data.calochallenge_file import CaloChallengeFile
from showerkit.data.par04_file import Par04File
from showerkit.data.shard import open_hdf5, reading, shard_paths
from showerkit.data.voxel_showers import VoxelSample
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from showerkit.data.voxel_showers import VoxelReader


def open_voxels(path: Path | str) -> VoxelSample:
    """Open a file, or a folder of files, of the CaloChallenge or of Par04.

    Parameters
    ----------
    path
        The file or folder.

    Returns
    -------
    VoxelSample
        The opened sample; close it, or use it in a ``with`` block.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or of another layout.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge
    >>> path = Path(tempfile.mkdtemp()) / "showers.hdf5"
    >>> write_calochallenge(path, [as_calochallenge([[1000.0]], [[1.0, 0.0, 2.0]])])
    >>> with open_voxels(path) as sample:
    ...     sample.form, len(sample), sample.n_voxels
    ('CaloChallenge', 1, 3)
    """
    readers: list[VoxelReader] = []
    try:
        readers.extend(
            Par04File(one) if _of_par04(one) else CaloChallengeFile(one) for one in shard_paths(path)
        )
        return VoxelSample(Path(path), readers)
    except FileFormatError:
        for reader in readers:
            reader.close()
        raise


def holds_voxels(path: Path | str) -> bool:
    """Whether a sample is one of showers on voxels, and not of showerkit's own detectors.

    False for whatever cannot be read.
    """
    try:
        first = shard_paths(path)[0]
        with open_hdf5(first) as file, reading(first):
            if "schema" in file.attrs or "schema_version" in file.attrs:
                return False
            names = set(file)
            if {"particle_features", "incident_pdg"} & names:
                return False
            return bool({"incident_energies", "incident_energy"} & names) or _energy_names(file)
    except FileFormatError:
        return False


def _of_par04(path: Path) -> bool:
    with open_hdf5(path) as file, reading(path):
        return "incident_energy" in file or _energy_names(file)


def _energy_names(file: h5py.File) -> bool:
    return any(name.replace(".", "", 1).isdigit() for name in file)
