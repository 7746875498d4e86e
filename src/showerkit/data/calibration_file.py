"""Read files of matched jets in bounded memory; every damage is told in one line."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import h5py
import numpy as np

from showerkit.data.calibration_jets import CANDIDATE_CLASSES, CalibrationJets
from showerkit.data.calibration_schema import (
    CALIBRATION_SCHEMA_NAME,
    CalibrationFileMetadata,
    calibration_columns,
    calibration_metadata_from_attributes,
)
from showerkit.data.calibration_writer import NO_CANDIDATE, CalibrationJetWriter
from showerkit.data.shard import open_hdf5, reading, says_schema
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from numpy.typing import NDArray

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


class CalibrationJetFile:
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
    >>> try:
    ...     CalibrationJetFile("nowhere.h5")
    ... except FileFormatError as error:
    ...     print(error)
    nowhere.h5: got no such file; expected an HDF5 file
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = open_hdf5(self.path)
        try:
            with reading(self.path):
                self.metadata = calibration_metadata_from_attributes(dict(self._file.attrs), str(self.path))
                self._datasets, self._n_jets = self._check_datasets()
        except FileFormatError:
            self.close()
            raise

    def _check_datasets(self) -> tuple[dict[str, h5py.Dataset], int]:
        found: dict[str, h5py.Dataset] = {}
        jets: int | None = None
        for column in calibration_columns(self.metadata.constituents):
            dataset = self._file.get(column.name)
            what = f"{self.path}: dataset '{column.name}'"
            if dataset is None:
                raise FileFormatError(f"{what} is missing", mend="write the file again")
            if not isinstance(dataset, h5py.Dataset):
                raise FileFormatError(what, got=type(dataset).__name__, expected="a dataset")
            if dataset.dtype != column.dtype:
                raise FileFormatError(what, got=f"type {dataset.dtype}", expected=f"type {column.dtype}")
            if jets is None and dataset.ndim > 0:
                jets = int(dataset.shape[0])
            expected = (jets or 0, *column.shape)
            if dataset.shape != expected:
                raise FileFormatError(what, got=f"shape {dataset.shape}", expected=f"shape {expected}")
            found[column.name] = dataset
        return found, jets or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return self._n_jets

    def read(self, start: int = 0, stop: int | None = None) -> CalibrationJets:
        """Read jets start to stop (default: to the end).

        Parameters
        ----------
        start, stop
            First and last-plus-one row.

        Returns
        -------
        CalibrationJets
            The jets.

        Raises
        ------
        FileFormatError
            If the rows cannot be read or hold values that make no sense.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise DataError(
                f"{self.path}: rows", got=f"{start} to {stop}", expected=f"within 0 to {len(self)}"
            )
        with reading(self.path):
            columns: dict[str, NDArray[Any]] = {
                name: np.asarray(dataset[start:stop]) for name, dataset in self._datasets.items()
            }
        try:
            return _jets(columns)
        except DataError as wrong:
            raise FileFormatError(f"{self.path}, jets {start} to {stop - 1}: {wrong}") from None

    def iterate(self, batch_size: int) -> Iterator[CalibrationJets]:
        """Read all jets in order, `batch_size` at a time."""
        if batch_size < 1:
            raise DataError("batch_size", got=batch_size, expected="at least 1")
        for start in range(0, len(self), batch_size):
            yield self.read(start, min(start + batch_size, len(self)))

    def candidate_numbers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Read how many candidates each jet has, and how many of them are kept, shape (N,) each."""
        with reading(self.path):
            seen = np.asarray(self._datasets["n_candidates"][:], dtype=np.int64)
        return seen, np.minimum(seen, self.metadata.constituents)

    def fingerprint(self) -> str:
        """SHA-256 of the file's bytes: the same jets and metadata have the same fingerprint anywhere."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def _jets(columns: dict[str, NDArray[Any]]) -> CalibrationJets:
    """Put the record together; the mask is where there is a class."""
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
