"""Write matched jets to HDF5: the same bytes, whatever the portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.calibration_schema import (
    CalibrationFileMetadata,
    calibration_columns,
    calibration_jets_per_chunk,
)
from showerkit.data.column_writer import Column, ColumnWriter
from showerkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.calibration_jets import CalibrationJets

#: The class of a place without a candidate; in files it stands for the mask.
NO_CANDIDATE: Final = -1


class CalibrationJetWriter(ColumnWriter):
    """Write a file of matched jets; use it as a context manager.

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
    >>> from showerkit.data.calibration_file import read_calibration_jets
    >>> from showerkit.data.calibration_jets import CalibrationJets
    >>> metadata = CalibrationFileMetadata(
    ...     generator="example", kind="toy", process="g", constituents=1, seed=1)
    >>> jet = CalibrationJets(
    ...     candidates=[[[20.0, 0.1, 3.0, -1.0, 0.0]]], mask=[[True]],
    ...     true_pt_gev=[25.0], true_eta=[0.1], true_phi=[3.0], true_mass_gev=[4.0],
    ...     pt_gev=[20.0], eta=[0.1], phi=[3.0], mass_gev=[0.0],
    ...     flavour=[21], pile_up=[0.0], weight=[1.0], event_id=[0])
    >>> path = Path(tempfile.mkdtemp()) / "jets.h5"
    >>> with CalibrationJetWriter(path, metadata) as writer:
    ...     writer.append(jet)
    >>> read_calibration_jets(path).candidates[0, 0].tolist()[3:]
    [-1.0, 0.0]
    """

    def __init__(
        self, path: Path | str, metadata: CalibrationFileMetadata, *, overwrite: bool = False
    ) -> None:
        self.metadata = metadata
        portion = calibration_jets_per_chunk(metadata.constituents)
        super().__init__(path, metadata.to_attributes(), portion, overwrite=overwrite)

    def columns_when_empty(self) -> list[Column]:
        """Name the datasets."""
        return calibration_columns(self.metadata.constituents)

    def append(self, jets: CalibrationJets) -> None:
        """Append jets; they reach the disk in portions of a fixed number.

        Raises
        ------
        DataError
            If they do not fit the metadata, or the disk is full.
        """
        self._opened()
        if jets.places != self.metadata.constituents:
            raise DataError(
                f"{self.path}: jets",
                got=f"{jets.places} candidates a jet",
                expected=f"{self.metadata.constituents} as in the metadata",
            )
        if self._names is None:
            self.create(calibration_columns(self.metadata.constituents))
        self.append_columns(_columns(jets))


def _columns(jets: CalibrationJets) -> dict[str, NDArray[Any]]:
    """The arrays of the datasets."""
    classes = np.where(jets.mask, jets.candidates[..., 4], NO_CANDIDATE)
    return {
        "candidates": jets.candidates[..., :3],
        "candidate_charge": jets.candidates[..., 3].astype(np.int8),
        "candidate_class": classes.astype(np.int8),
        "true_jet": np.stack([jets.true_pt_gev, jets.true_eta, jets.true_phi, jets.true_mass_gev], axis=1),
        "detector_jet": np.stack([jets.pt_gev, jets.eta, jets.phi, jets.mass_gev], axis=1),
        "n_candidates": jets.n_candidates,
        "flavour": jets.flavour,
        "pile_up": jets.pile_up,
        "rho": jets.rho_gev,
        "weight": jets.weight,
        "event_id": jets.event_id,
    }
