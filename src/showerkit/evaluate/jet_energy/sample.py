"""The truth of a file of matched jets, and what calibrations made of the same jets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.calibrated_jet_file import CalibratedJetFile
from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.data.timing import read_timing
from showerkit.errors import DataError
from showerkit.evaluate.jet_energy.calibrated import CalibratedJets

if TYPE_CHECKING:
    from showerkit.data.calibrated_jet_schema import CalibratedJetMetadata
    from showerkit.data.calibration_schema import CalibrationFileMetadata
    from showerkit.data.timing import Timing
    from showerkit.progress import Progress

#: Jets read at once; their candidates, which nothing here needs, come with them.
_AT_ONCE: Final = 2**13
#: The jet as the detector saw it, beside every calibration.
UNCALIBRATED: Final = "uncalibrated"
_MEND: Final = "calibrate the reference's own file with showerkit reconstruct"


@dataclass(frozen=True, eq=False)
class JetTruth:
    """A reference: matched jets.

    Parameters
    ----------
    name, path
        The reference's name and file.
    metadata
        What its file says about itself.
    fingerprint
        SHA-256 of the file.
    jets
        True jets, with the pT that the detector saw as if it were a calibrated one.
    """

    name: str
    path: Path
    metadata: CalibrationFileMetadata
    fingerprint: str
    jets: CalibratedJets

    def __len__(self) -> int:
        return len(self.jets)


@dataclass(frozen=True, eq=False)
class JetCalibration:
    """One calibration of the reference's jets, row by row.

    Parameters
    ----------
    name
        The candidate's name.
    path, metadata, timing
        Its file, what that says about itself, and how long it took, if that was written down; None for jets
        as the detector saw them.
    jets
        The jets.
    """

    name: str
    path: Path | None
    metadata: CalibratedJetMetadata | None
    timing: Timing | None
    jets: CalibratedJets

    @property
    def kind(self) -> str:
        """Kind of the model, such as ``numerical-inversion``; empty where it does not say."""
        model = {} if self.metadata is None else self.metadata.model
        inner = model.get("model")
        told = model.get("kind") or (inner.get("kind") if isinstance(inner, dict) else None)
        return str(told or "")


def read_jet_truth(path: Path | str, name: str, progress: Progress, *, weighted: bool) -> JetTruth:
    """Read the reference, without its candidates.

    Parameters
    ----------
    path
        A file of matched jets.
    name
        What to call it.
    progress
        Told how many jets are read.
    weighted
        Whether jets count by the weights of their events, or alike.

    Returns
    -------
    JetTruth
        True and detector jets.

    Raises
    ------
    DataError
        If the file cannot be read or is empty, or no jet has a weight.
    """
    columns: dict[str, list[np.ndarray]] = {
        key: [] for key in ("true_pt_gev", "true_eta", "pt_gev", "flavour", "pile_up", "weight", "event_id")
    }
    with CalibrationJetFile(path) as file:
        if len(file) == 0:
            raise DataError(f"{path}", got="no jets", expected="at least one")
        progress.start("reading", len(file), "jets")
        for batch in file.iterate(_AT_ONCE):
            for key, parts in columns.items():
                parts.append(getattr(batch, key))
            progress.advance(len(batch))
        progress.finish()
        metadata, fingerprint = file.metadata, file.fingerprint()
    table = {key: np.concatenate(parts) for key, parts in columns.items()}
    if not weighted:
        table["weight"] = np.ones_like(table["weight"])
    jets = CalibratedJets(**table)
    if not jets.weight.any():
        raise DataError(f"{path}: weight", got="0 for every jet", expected="weights above 0")
    return JetTruth(name, Path(path), metadata, fingerprint, jets)


def read_calibration(path: Path | str, name: str, truth: JetTruth) -> JetCalibration:
    """Read a file of calibrated jets, which must be those of the reference.

    Parameters
    ----------
    path
        A file that ``showerkit reconstruct`` wrote.
    name
        What to call it.
    truth
        The reference.

    Returns
    -------
    JetCalibration
        The jets in the reference's order.

    Raises
    ------
    DataError
        If the file cannot be read or holds other jets than the reference.
    """
    with CalibratedJetFile(path) as file:
        metadata = file.metadata
        if metadata.jet_fingerprint != truth.fingerprint:
            raise DataError(
                f"{path}: calibrated jets",
                got=f"those of a file with fingerprint {metadata.jet_fingerprint[:12]}",
                expected=f"those of {truth.path} ({truth.fingerprint[:12]})",
                mend=_MEND,
            )
        if len(file) != len(truth):
            raise DataError(
                f"{path}: calibrated jets",
                got=len(file),
                expected=f"{len(truth)} as in {truth.path}",
                mend=_MEND,
            )
        found = file.read()
    other = found.event_id != truth.jets.event_id
    if other.any():
        row = int(np.argmax(other))
        raise DataError(
            f"{path}: event of jet {row}",
            got=int(found.event_id[row]),
            expected=f"{int(truth.jets.event_id[row])} as in {truth.path}",
            mend=_MEND,
        )
    jets = replace(
        truth.jets,
        pt_gev=found.pt_gev.astype(np.float64),
        sigma_gev=found.sigma_gev.astype(np.float64),
        low_gev=found.low_gev.astype(np.float64),
        high_gev=found.high_gev.astype(np.float64),
    )
    return JetCalibration(name, Path(path), metadata, read_timing(path), jets)


def uncalibrated(truth: JetTruth) -> JetCalibration:
    """Give the reference's jets as the detector saw them."""
    return JetCalibration(UNCALIBRATED, None, None, None, truth.jets)
