"""Read files of jets in bounded memory; every damage is told in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.column_file import ColumnFile
from showerkit.data.jet_records import Jets
from showerkit.data.jet_schema import (
    JET_SCHEMA_NAME,
    MOMENTA,
    JetFileMetadata,
    jet_columns,
    jet_metadata_from_attributes,
)
from showerkit.data.jet_writer import JetWriter
from showerkit.data.shard import says_schema
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column

__all__ = ["JetFile", "JetFileMetadata", "JetWriter", "is_jet_file", "read_jets"]


def is_jet_file(path: Path | str) -> bool:
    """Whether a file says that it holds jets; False for whatever cannot be read.

    Examples
    --------
    >>> is_jet_file("nowhere.h5")
    False
    """
    return says_schema(path, JET_SCHEMA_NAME)


class JetFile(ColumnFile[Jets]):
    """A file of jets; a context manager.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileFormatError
        In one line, if the file is missing, of another format, truncated, of a newer schema, or lacks or
        contradicts something; on reading also for values that make no sense.

    Examples
    --------
    >>> from showerkit.errors import FileFormatError
    >>> try:
    ...     JetFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    content = "jets"
    metadata: JetFileMetadata

    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""
        self.metadata = jet_metadata_from_attributes(attributes, str(self.path))
        return jet_columns(self.metadata.constituents, with_momenta=True)

    @property
    def has_momenta(self) -> bool:
        """Whether absolute momenta of the particles are kept."""
        return MOMENTA in self._datasets

    def read(self, start: int = 0, stop: int | None = None, *, optional: bool = True) -> Jets:
        """Read jets start to stop (default: to the end).

        Parameters
        ----------
        start, stop
            First and last-plus-one row.
        optional
            Whether to read absolute momenta too, where the file has them.

        Returns
        -------
        Jets
            The jets.

        Raises
        ------
        FileFormatError
            If the rows cannot be read or hold values that make no sense.
        """
        return self._read(start, stop, without=() if optional else (MOMENTA,))

    def record(self, columns: dict[str, NDArray[Any]]) -> Jets:
        """Put jets together; the mask stands beside the particles."""
        return _jets(columns)


def _jets(columns: dict[str, NDArray[Any]]) -> Jets:
    particles, properties = columns["particle_features"], columns["jet_features"]
    mask = particles[..., 3]
    if not np.isin(mask, (0.0, 1.0)).all():
        raise DataError("the mask in particle_features", got="other values", expected="0 or 1")
    if not np.isfinite(properties).all():
        raise DataError("jet_features", got="NaN or infinity", expected="finite values")
    jets = Jets(
        particles[..., :3],
        mask > 0,
        properties[:, 0],
        properties[:, 1],
        properties[:, 2],
        properties[:, 3],
        columns["event_id"],
        columns.get(MOMENTA),
    )
    if (jets.n_particles != properties[:, 4]).any():
        bad = int(np.argmax(jets.n_particles != properties[:, 4]))
        raise DataError(
            f"jet_features[{bad}]: number of particles",
            got=float(properties[bad, 4]),
            expected=f"{jets.n_particles[bad]} as in the mask",
        )
    return jets


def read_jets(path: Path | str) -> Jets:
    """Read a whole file of jets into memory.

    Raises
    ------
    FileFormatError
        As for `JetFile`.
    """
    with JetFile(path) as file:
        return file.read()
