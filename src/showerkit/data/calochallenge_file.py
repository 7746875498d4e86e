"""Files of the CaloChallenge (arXiv:2410.21611): ``incident_energies`` (N, 1) and ``showers`` (N, voxels)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import h5py
import numpy as np

from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.data.foreign_jet_file import dataset
from showerkit.data.shard import open_hdf5, reading
from showerkit.data.voxel_showers import VoxelShowers, checked_showers, closed_on_failure
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHUNK_ROWS: Final = 250


class CaloChallengeFile:
    """A file of the CaloChallenge, opened for reading; all energies are in MeV.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileFormatError
        If it is missing, damaged, or of another layout.

    Examples
    --------
    >>> try:
    ...     CaloChallengeFile("dataset_2_1.hdf5")
    ... except FileFormatError as error:
    ...     print(error)
    dataset_2_1.hdf5: got no such file; expected an HDF5 file
    """

    form = "CaloChallenge"
    shape: tuple[int, int, int] | None = None

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        with closed_on_failure(self._file), reading(self.path):
            self._showers = dataset(self._file, self.path, "showers", (None, None))
            self._incident = dataset(self._file, self.path, "incident_energies", (len(self._showers), 1))
            for found in (self._showers, self._incident):
                if found.dtype.kind != "f":
                    raise FileFormatError(
                        f"{self.path}: dataset '{found.name[1:]}'",
                        got=f"type {found.dtype}",
                        expected="floating-point numbers",
                    )
            self.n_voxels = int(self._showers.shape[1])
            self.chunk_rows = self._showers.chunks[0] if self._showers.chunks else 1

    def __len__(self) -> int:
        return len(self._showers)

    def read(self, start: int, stop: int) -> VoxelShowers:
        """Read showers start to stop.

        Raises
        ------
        FileFormatError
            If the file is damaged or a value is NaN, infinite or negative.
        """
        with reading(self.path):
            found = VoxelShowers(self._incident[start:stop, 0], self._showers[start:stop])
        return checked_showers(self.path, start, found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_calochallenge(
    path: Path | str, portions: Iterable[VoxelShowers], *, overwrite: bool = False
) -> None:
    """Write showers as a file of the CaloChallenge, in the precision they have.

    Parameters
    ----------
    path
        The file to make.
    portions
        Showers, portion by portion; at least one portion.
    overwrite
        Whether an existing file is replaced.

    Raises
    ------
    DataError
        If there is no portion, or the file exists or cannot be written.
    """
    target = check_writable(Path(path), overwrite=overwrite)
    try:
        with replacing(target) as partial, h5py.File(partial, "w") as file:
            written = 0
            for portion in portions:
                columns = {"showers": portion.energy_mev, "incident_energies": portion.incident_mev[:, None]}
                for name, values in columns.items():
                    if name not in file:
                        file.create_dataset(
                            name,
                            shape=(0, values.shape[1]),
                            maxshape=(None, values.shape[1]),
                            chunks=(_CHUNK_ROWS, values.shape[1]),
                            dtype=values.dtype,
                            compression="gzip",
                            compression_opts=1,
                            shuffle=True,
                        )
                    file[name].resize(written + len(values), axis=0)
                    file[name][written:] = values
                written += len(portion)
            if "showers" not in file:
                raise DataError(f"{path}", got="no showers", expected="at least one portion")
    except OSError as failure:
        raise write_error(target, failure) from None


def as_calochallenge(incident_mev: object, energy_mev: object) -> VoxelShowers:
    """Make showers of arrays, for `write_calochallenge`.

    Parameters
    ----------
    incident_mev
        Incident energies in MeV, shape (N,) or (N, 1).
    energy_mev
        Deposits in MeV, shape (N, voxels).
    """
    incident, energy = np.asarray(incident_mev), np.asarray(energy_mev)
    return VoxelShowers(incident.reshape(len(energy)), energy)
