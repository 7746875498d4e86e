"""Write calibrated jets to HDF5: the same bytes, whatever the portions they were appended in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.data.calibrated_jet_schema import CALIBRATED_COLUMNS, CALIBRATED_PER_CHUNK
from showerkit.data.column_writer import Column, ColumnWriter

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.calibrated_jet_schema import CalibratedJetMetadata
    from showerkit.data.calibrated_pt import CalibratedPt


class CalibratedJetWriter(ColumnWriter):
    """Write a file of calibrated jets; use it as a context manager.

    The file is written beside its final name and renamed at a clean exit; after any exception a former file
    of that name is as it was.

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
        If the file exists or cannot be written (disk full).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from showerkit.data.calibrated_jet_file import CalibratedJetFile, CalibratedJetMetadata
    >>> from showerkit.data.calibrated_pt import CalibratedPt
    >>> metadata = CalibratedJetMetadata(
    ...     model={"name": "example"}, jet_fingerprint="0" * 64, jet_generator="example")
    >>> path = Path(tempfile.mkdtemp()) / "calibrated.h5"
    >>> with CalibratedJetWriter(path, metadata) as writer:
    ...     writer.append(CalibratedPt([0], [40.0], [4.0], [36.0], [44.0]))
    >>> with CalibratedJetFile(path) as file:
    ...     file.read().pt_gev.tolist()
    [40.0]
    """

    def __init__(self, path: Path | str, metadata: CalibratedJetMetadata, *, overwrite: bool = False) -> None:
        self.metadata = metadata
        super().__init__(path, metadata.to_attributes(), CALIBRATED_PER_CHUNK, overwrite=overwrite)

    def columns_when_empty(self) -> list[Column]:
        """Name the datasets."""
        return list(CALIBRATED_COLUMNS)

    def append(self, jets: CalibratedPt) -> None:
        """Append jets; they reach the disk in portions of a fixed number.

        Raises
        ------
        DataError
            If the disk is full.
        """
        self._opened()
        if self._names is None:
            self.create(CALIBRATED_COLUMNS)
        self.append_columns({column.name: getattr(jets, column.name) for column in CALIBRATED_COLUMNS})
