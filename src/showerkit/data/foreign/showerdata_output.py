"""Write showers as point clouds of showerdata (github.com/FLC-QU-hep/ShowerData).

The form: ``showers`` holds the points (x in mm, y in mm, number of the layer, deposit in GeV) of each
shower one after the other, ``num_points`` their number, ``energies`` (N, 1) in GeV, ``directions`` (N, 3)
unit vectors, ``pdg``, ``shower_ids``, and ``shape`` the shape that padded showers would have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np

from showerkit.data.column_writer import Column
from showerkit.data.foreign.hdf5_output import Hdf5Output
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata

#: The version of showerdata whose files these are.
_VERSION: Final = "0.6.1"
#: Values of a point.
POINT_VALUES: Final = 4
_FLOAT = np.dtype("<f4")
_INT = np.dtype("<i4")


class ShowerDataOutput(Hdf5Output):
    """Write a file of showerdata; see `Hdf5Output`. Energies in GeV are rounded to single precision."""

    def __init__(self, path: Path | str, metadata: FileMetadata, *, overwrite: bool = False) -> None:
        super().__init__(path, metadata, overwrite=overwrite, attributes={"showerdata_version": _VERSION})
        detector = metadata.detector
        layers = np.arange(detector.n_cells) // (detector.cells_x * detector.cells_y)
        self._points = np.column_stack([detector.cell_positions_mm[:, :2], layers]).astype(_FLOAT)
        self._most_points = 0

    def own_columns(self) -> list[Column]:
        """Describe the datasets of showerdata."""
        return [
            Column("showers", h5py.vlen_dtype(_FLOAT), (), self._portion),
            Column("energies", _FLOAT, (1,), self._portion),
            Column("directions", _FLOAT, (3,), self._portion),
            *(Column(name, _INT, (), self._portion) for name in ("pdg", "shower_ids", "num_points")),
        ]

    def own_values(self, showers: Showers) -> dict[str, NDArray[Any]]:
        """Give their arrays."""
        events, cells = np.nonzero(showers.energy_mev)
        deposit_gev = showers.energy_mev[events, cells] / MEV_PER_GEV
        points = np.column_stack([self._points[cells], deposit_gev]).astype(_FLOAT)
        counts = np.bincount(events, minlength=len(showers))
        self._most_points = max(self._most_points, int(counts.max(initial=0)))
        clouds = np.empty(len(showers), dtype=object)
        clouds[:] = np.split(points.ravel(), POINT_VALUES * np.cumsum(counts)[:-1]) if len(showers) else []
        incident = showers.incident
        return {
            "showers": clouds,
            "energies": (incident.energy_mev[:, None] / MEV_PER_GEV).astype(_FLOAT),
            "directions": incident.direction.astype(_FLOAT),
            "pdg": incident.pdg,
            "shower_ids": np.clip(showers.event_id, -(2**31), 2**31 - 1).astype(_INT),
            "num_points": counts.astype(_INT),
        }

    def complete(self, file: h5py.File) -> None:
        """Write the shape, which is known at the end only."""
        shape = np.array([len(self), self._most_points, POINT_VALUES], dtype=_INT)
        file.create_dataset("shape", data=shape, track_times=False)
