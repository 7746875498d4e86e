"""Write jets to HDF5, in JetNet's form and more: the same bytes, whatever the portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.column_writer import Column, ColumnWriter
from showerkit.data.jet_schema import MOMENTA, JetFileMetadata, jet_columns, jets_per_chunk
from showerkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.jet_records import Jets


class JetWriter(ColumnWriter):
    """Write a file of jets; use it as a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception a former
    file of that name is as it was. The bytes depend on the jets and the metadata alone.

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
        If the file exists, cannot be written (disk full), or jets do not fit the metadata.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from showerkit.data.jet_file import read_jets
    >>> from showerkit.data.jet_records import Jets
    >>> metadata = JetFileMetadata(generator="example", kind="model", process="g", constituents=1, seed=1)
    >>> path = Path(tempfile.mkdtemp()) / "gluons.h5"
    >>> with JetWriter(path, metadata) as writer:
    ...     writer.append(Jets([[[0.0, 0.1, 0.8]]], [[True]], [0], [1000.0], [0.0], [80.0], [0]))
    >>> read_jets(path).pt_gev.tolist()
    [1000.0]
    """

    def __init__(self, path: Path | str, metadata: JetFileMetadata, *, overwrite: bool = False) -> None:
        self.metadata = metadata
        portion = jets_per_chunk(metadata.constituents)
        super().__init__(path, metadata.to_attributes(), portion, overwrite=overwrite)

    def columns_when_empty(self) -> list[Column]:
        """Name the datasets of a file without jets: a simulation keeps absolute momenta."""
        return jet_columns(self.metadata.constituents, with_momenta=self.metadata.kind == "pythia8")

    def append(self, jets: Jets) -> None:
        """Append jets; they reach the disk in portions of a fixed number.

        Raises
        ------
        DataError
            If they do not fit the metadata, lack momenta that former ones had, or the disk is full.
        """
        self._opened()
        if jets.places != self.metadata.constituents:
            raise DataError(
                f"{self.path}: jets",
                got=f"{jets.places} particles a jet",
                expected=f"{self.metadata.constituents} as in the metadata",
            )
        if self._names is None:
            self.create(jet_columns(self.metadata.constituents, with_momenta=jets.momenta_gev is not None))
        self.append_columns(_columns(jets))


def _columns(jets: Jets) -> dict[str, NDArray[Any]]:
    """The arrays of the datasets."""
    mask = jets.mask[..., None].astype(np.float32)
    properties = (jets.jet_type, jets.pt_gev, jets.eta, jets.mass_gev, jets.n_particles)
    columns: dict[str, NDArray[Any]] = {
        "particle_features": np.concatenate([jets.particles, mask], axis=2),
        "jet_features": np.stack([values.astype(np.float32) for values in properties], axis=1),
        "event_id": jets.event_id,
    }
    if jets.momenta_gev is not None:
        columns[MOMENTA] = jets.momenta_gev
    return columns
