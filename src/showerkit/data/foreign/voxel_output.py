"""Write showers as files of the CaloChallenge and of Par04."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.column_writer import Column
from showerkit.data.foreign.converted import converted_voxels
from showerkit.data.foreign.hdf5_output import Hdf5Output
from showerkit.data.foreign.unrolled_voxels import UnrolledVoxels
from showerkit.data.schema import events_per_chunk

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata

_FLOAT = np.dtype("<f4")


class CaloChallengeOutput(Hdf5Output):
    """Write ``incident_energies`` (N, 1) and ``showers`` (N, voxels) in MeV; see `Hdf5Output`.

    Cells that stand for the voxels of a cylinder are written as these.
    """

    def __init__(self, path: Path | str, metadata: FileMetadata, *, overwrite: bool = False) -> None:
        super().__init__(path, metadata, overwrite=overwrite)
        voxels = converted_voxels(metadata)
        self._unrolled = None if voxels is None else UnrolledVoxels(voxels)

    def own_columns(self) -> list[Column]:
        """Describe the datasets of the CaloChallenge."""
        voxels = self._cells if self._unrolled is None else self._unrolled.geometry.n_voxels
        return [
            Column("incident_energies", _FLOAT, (1,), self._portion),
            Column("showers", _FLOAT, (voxels,), events_per_chunk(voxels)),
        ]

    def own_values(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Give their arrays."""
        energy = showers.energy_mev
        return {
            "incident_energies": showers.incident.energy_mev[:, None],
            "showers": energy if self._unrolled is None else self._unrolled.to_voxels(energy),
        }


class Par04Output(Hdf5Output):
    """Write ``showers`` (N, rings, sectors, layers) and the incident energies and angles; see `Hdf5Output`.

    Cells in a grid have their columns for rings and their rows for sectors.
    """

    def own_columns(self) -> list[Column]:
        """Describe the datasets of Par04's later layout."""
        layers, rows, columns = self.metadata.detector.shape
        shape = (columns, rows, layers)
        return [
            Column("showers", _FLOAT, shape, events_per_chunk(self._cells)),
            *(Column(f"incident_{name}", _FLOAT, (), self._portion) for name in ("energy", "theta", "phi")),
        ]

    def own_values(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Give their arrays."""
        images = showers.energy_mev.reshape(-1, *self.metadata.detector.shape)
        incident = showers.incident
        return {
            "showers": np.ascontiguousarray(images.transpose(0, 3, 2, 1)),
            "incident_energy": incident.energy_mev,
            "incident_theta": incident.theta_rad.astype(_FLOAT),
            "incident_phi": incident.phi_rad.astype(_FLOAT),
        }
