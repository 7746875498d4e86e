"""Write showers to HDF5: appended in any portions, the same bytes whatever the portions were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.column_writer import Column, ColumnWriter
from showerkit.data.schema import DATASETS, DatasetSchema, FileMetadata, events_per_chunk, events_per_portion
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import Showers


class ShowerWriter(ColumnWriter):
    """Write a shower file; use it as a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception the
    partial file is removed and a former file of that name is as it was. The bytes depend on the
    showers and the metadata alone: no times are stored and events are written in portions of a
    fixed number.

    Parameters
    ----------
    path
        The file to write.
    metadata
        What the file says about itself.
    overwrite
        Whether an existing file may be replaced.

    Raises
    ------
    DataError
        If the file exists, cannot be written (disk full), or showers do not fit the detector.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> from showerkit.geometry import load_detector
    >>> metadata = FileMetadata(generator="example", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    >>> one = IncidentParticles([22], [1000.0], [[0.0, 0.0, 1000.0]], [[0.0, 0.0, -202.0]])
    >>> path = Path(tempfile.mkdtemp()) / "photons.h5"
    >>> with ShowerWriter(path, metadata) as writer:
    ...     writer.append(Showers(one, np.ones((1, 400)), [0]))
    >>> path.exists()
    True
    """

    def __init__(self, path: Path | str, metadata: FileMetadata, *, overwrite: bool = False) -> None:
        self.metadata = metadata
        self._cells = metadata.detector.n_cells
        portion = events_per_portion(self._cells)
        super().__init__(path, metadata.to_attributes(), portion, overwrite=overwrite)

    def append(self, showers: Showers) -> None:
        """Append showers; they reach the disk in portions of a fixed number of events.

        Raises
        ------
        DataError
            If they do not fit the detector, lack a quantity that former ones had, or the disk is full.
        """
        self._opened()
        if showers.energy_mev.shape[1] != self._cells:
            raise DataError(
                f"{self.path}: showers",
                got=f"{showers.energy_mev.shape[1]} cells",
                expected=f"{self._cells} cells of detector '{self.metadata.detector.name}'",
            )
        values = {spec.name: column_of(showers, spec) for spec in DATASETS}
        present = {name: rows for name, rows in values.items() if rows is not None}
        if self._names is None:
            self.create(self._columns(present))
        self.append_columns(present)

    def columns_when_empty(self) -> list[Column]:
        """Name the datasets of a file without showers: those of a simulation of this detector."""
        counted = self.metadata.detector.counts_charged_tracks and self.metadata.kind == "geant4"
        return self._columns(
            {spec.name for spec in DATASETS if spec.required or (counted and spec.name == "charged_tracks")}
        )

    def _columns(self, names: Collection[str]) -> list[Column]:
        chunk = events_per_chunk(self._cells)
        return [
            Column(
                spec.name,
                spec.dtype,
                spec.shape(0, self._cells)[1:],
                chunk if "cells" in spec.columns else self._portion,
                spec.unit,
            )
            for spec in DATASETS
            if spec.name in names
        ]


def column_of(showers: Showers, spec: DatasetSchema) -> NDArray[Any] | None:
    """Give the array of one dataset; None if these showers have none."""
    incident = showers.incident
    columns: dict[str, NDArray[Any] | None] = {
        "incident_energies": incident.energy_mev[:, None],
        "showers": showers.energy_mev,
        "incident_pdg": incident.pdg,
        "incident_momentum": incident.momentum_mev,
        "incident_position": incident.position_mm,
        "event_id": showers.event_id,
        "charged_tracks": showers.charged_tracks,
        "mask_probability": showers.mask_probability,
    }
    return columns[spec.name]
