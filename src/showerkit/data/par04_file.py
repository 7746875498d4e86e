"""Files of Geant4's example Par04, in both of its layouts.

The first, published with the example's scripts, has one dataset (N, rings, sectors, layers) for each
incident energy, named by it in GeV, and one angle a file (``SiW_angle_90.h5``). The later one has
``showers`` (N, rings, sectors, layers), ``incident_energy``, ``incident_theta`` and ``incident_phi`` (N,).
Deposits are in MeV in both, incident energies of the later one as well.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from showerkit.data.foreign_jet_file import dataset
from showerkit.data.shard import open_hdf5, reading
from showerkit.data.voxel_showers import VoxelShowers, checked_showers, closed_on_failure
from showerkit.errors import FileFormatError
from showerkit.units import MEV_PER_GEV

_ENERGY: Final = re.compile(r"\d+(\.\d+)?")
_ANGLE: Final = re.compile(r"angle_(\d+(?:\.\d+)?)")


class Par04File:
    """A file of Geant4's example Par04, opened for reading.

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
    ...     Par04File("SiW_angle_90.h5")
    ... except FileFormatError as error:
    ...     print(error)
    SiW_angle_90.h5: got no such file; expected an HDF5 file
    """

    form = "Par04"

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        with closed_on_failure(self._file), reading(self.path):
            self._parts = self._columns() if "showers" in self._file else self._energies()
            rings, sectors, layers = self._parts[0][0].shape[1:]
            self.shape: tuple[int, int, int] | None = (layers, sectors, rings)
            self.n_voxels = rings * sectors * layers
            self.chunk_rows = max(d.chunks[0] if d.chunks else 1 for d, _ in self._parts)
        named = _ANGLE.search(self.path.stem)
        self._theta = math.radians(float(named.group(1))) if named else None

    def _columns(self) -> list[tuple[h5py.Dataset, float | None]]:
        showers = self._numbers("showers", (None, None, None, None))
        for name in ("incident_energy", "incident_theta", "incident_phi"):
            self._numbers(name, (len(showers),))
        return [(showers, None)]

    def _energies(self) -> list[tuple[h5py.Dataset, float | None]]:
        names = sorted((name for name in self._file if _ENERGY.fullmatch(name)), key=float)
        if not names:
            raise FileFormatError(
                f"{self.path}: dataset 'showers' is missing",
                expected="a file of Par04: 'showers', or datasets named by incident energies in GeV",
            )
        first = self._numbers(names[0], (None, None, None, None)).shape[1:]
        return [(self._numbers(name, (None, *first)), float(name) * MEV_PER_GEV) for name in names]

    def _numbers(self, name: str, shape: tuple[int | None, ...]) -> h5py.Dataset:
        found = dataset(self._file, self.path, name, shape)
        if found.dtype.kind not in "fiu":
            raise FileFormatError(
                f"{self.path}: dataset '{name}'", got=f"type {found.dtype}", expected="numbers"
            )
        return found

    def __len__(self) -> int:
        return sum(len(part) for part, _ in self._parts)

    def read(self, start: int, stop: int) -> VoxelShowers:
        """Read showers start to stop, their voxels counted as in files of the CaloChallenge.

        Raises
        ------
        FileFormatError
            If the file is damaged or a value is NaN, infinite or negative.
        """
        deposits, incident, angles, first = [], [], [], 0
        with reading(self.path):
            for part, energy_mev in self._parts:
                low, high = max(start - first, 0), min(stop - first, len(part))
                first += len(part)
                if low >= high:
                    continue
                rows = slice(low, high)
                deposits.append(_in_order(part[rows]))
                if energy_mev is not None:
                    incident.append(np.full(high - low, energy_mev, dtype=part.dtype))
                else:
                    incident.append(np.asarray(self._file["incident_energy"][rows]))
                    both = [self._file[f"incident_{name}"][rows] for name in ("theta", "phi")]
                    angles.append(np.stack(both, axis=1))
        n = sum(len(part) for part in incident)
        if not angles and self._theta is not None:
            angles = [np.tile([self._theta, 0.0], (n, 1))]
        found = VoxelShowers(
            np.concatenate(incident), np.concatenate(deposits), np.concatenate(angles) if angles else None
        )
        return checked_showers(self.path, start, found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _in_order(showers: NDArray[Any]) -> NDArray[Any]:
    """Bring (N, rings, sectors, layers) to (N, voxels), counted by layer, sector and ring."""
    return np.ascontiguousarray(showers.transpose(0, 3, 2, 1)).reshape(len(showers), -1)
