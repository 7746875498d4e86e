"""Read files of calibrated jets, in bounded memory, and find what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.data.calibrated_jet_schema import (
    CALIBRATED_COLUMNS,
    CALIBRATED_PER_CHUNK,
    CALIBRATED_SCHEMA_NAME,
    CalibratedJetMetadata,
    calibrated_metadata_from_attributes,
)
from showerkit.data.calibrated_jet_writer import CalibratedJetWriter
from showerkit.data.calibrated_pt import CalibratedPt
from showerkit.data.column_file import ColumnFile
from showerkit.data.shard import says_schema
from showerkit.errors import FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column
    from showerkit.progress import Progress

__all__ = [
    "CalibratedJetFile",
    "CalibratedJetMetadata",
    "CalibratedJetWriter",
    "calibrated_violations",
    "is_calibrated_jet_file",
]


def is_calibrated_jet_file(path: Path | str) -> bool:
    """Whether a file says that it holds calibrated jets; False for whatever cannot be read.

    Examples
    --------
    >>> is_calibrated_jet_file("nowhere.h5")
    False
    """
    return says_schema(path, CALIBRATED_SCHEMA_NAME)


class CalibratedJetFile(ColumnFile[CalibratedPt]):
    """A file of calibrated jets, row by row those of a file of matched jets; a context manager.

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
    >>> try:
    ...     CalibratedJetFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    content = "jets"
    metadata: CalibratedJetMetadata

    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""
        self.metadata = calibrated_metadata_from_attributes(attributes, str(self.path))
        return CALIBRATED_COLUMNS

    def record(self, columns: dict[str, NDArray[Any]]) -> CalibratedPt:
        """Put calibrated pT together."""
        return CalibratedPt(**columns)


def calibrated_violations(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find what is wrong with a file of calibrated jets.

    Checked are attributes, datasets, and in every portion of the jets the values: NaN, infinity, errors that
    are not above 0, and intervals that end before they begin.

    Parameters
    ----------
    path
        The file.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        The first offence of the structure, or of each portion of jets; empty for a valid file.

    Examples
    --------
    >>> calibrated_violations("nowhere.h5")
    ['nowhere.h5: got no such file; expected an HDF5 file']
    """
    progress = progress or SilentProgress()
    found: list[str] = []
    try:
        with CalibratedJetFile(path) as file:
            progress.start("validate", len(file), "jets")
            for _ in file.readable(CALIBRATED_PER_CHUNK, found, progress):
                pass  # What a record checks is all there is to check of a portion.
            progress.finish()
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found
