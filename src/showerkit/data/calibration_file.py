"""Read files of matched jets in bounded memory; every damage is told in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.calibration_jets import CANDIDATE_CLASSES, CalibrationJets
from showerkit.data.calibration_schema import (
    CALIBRATION_SCHEMA_NAME,
    CalibrationFileMetadata,
    calibration_columns,
    calibration_metadata_from_attributes,
)
from showerkit.data.calibration_writer import NO_CANDIDATE, CalibrationJetWriter
from showerkit.data.column_file import ColumnFile
from showerkit.data.shard import reading, says_schema
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.column_writer import Column

__all__ = [
    "CalibrationFileMetadata",
    "CalibrationJetFile",
    "CalibrationJetWriter",
    "is_calibration_jet_file",
    "read_calibration_jets",
]


def is_calibration_jet_file(path: Path | str) -> bool:
    """Whether a file says that it holds matched jets; False for whatever cannot be read.

    Examples
    --------
    >>> is_calibration_jet_file("nowhere.h5")
    False
    """
    return says_schema(path, CALIBRATION_SCHEMA_NAME)


class CalibrationJetFile(ColumnFile[CalibrationJets]):
    """A file of matched jets; a context manager.

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
    ...     CalibrationJetFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    content = "jets"
    metadata: CalibrationFileMetadata

    def describe(self, attributes: Mapping[str, Any]) -> Sequence[Column]:
        """Read what the file says about itself, and tell which columns it therefore has."""
        self.metadata = calibration_metadata_from_attributes(attributes, str(self.path))
        return calibration_columns(self.metadata.constituents)

    def record(self, columns: dict[str, NDArray[Any]]) -> CalibrationJets:
        """Put jets together; the mask is where there is a class."""
        return _jets(columns)

    def candidate_numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Read how many candidates each jet has, and how many of them are kept, shape (N,) each."""
        with reading(self.path):
            seen = np.asarray(self._datasets["n_candidates"][:], dtype=np.int64)
        return seen, np.minimum(seen, self.metadata.constituents)


def _jets(columns: dict[str, NDArray[Any]]) -> CalibrationJets:
    classes = columns["candidate_class"]
    if not np.isin(classes, (NO_CANDIDATE, *CANDIDATE_CLASSES.values())).all():
        raise DataError("candidate_class", got="other values", expected="-1 to 4")
    mask = classes != NO_CANDIDATE
    momenta = columns["candidates"]
    candidates = np.empty((*momenta.shape[:2], 5), dtype=np.float32)
    candidates[..., :3] = momenta
    candidates[..., 3] = columns["candidate_charge"]
    candidates[..., 4] = np.where(mask, classes, 0)
    (true_pt, true_eta, true_phi, true_mass), (pt, eta, phi, mass) = (
        columns["true_jet"].T,
        columns["detector_jet"].T,
    )
    return CalibrationJets(
        candidates,
        mask,
        true_pt_gev=true_pt,
        true_eta=true_eta,
        true_phi=true_phi,
        true_mass_gev=true_mass,
        pt_gev=pt,
        eta=eta,
        phi=phi,
        mass_gev=mass,
        flavour=columns["flavour"],
        pile_up=columns["pile_up"],
        weight=columns["weight"],
        event_id=columns["event_id"],
        rho_gev=columns["rho"],
        n_candidates=columns["n_candidates"],
    )


def read_calibration_jets(path: Path | str) -> CalibrationJets:
    """Read a whole file of matched jets into memory.

    Raises
    ------
    FileFormatError
        As for `CalibrationJetFile`.
    """
    with CalibrationJetFile(path) as file:
        return file.read()
