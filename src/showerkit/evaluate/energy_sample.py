"""True energies of a reference, and the reconstructed ones of its events in the same order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.energy_file import EnergyFile
from showerkit.data.shower_file import ShowerFile
from showerkit.data.timing import read_timing
from showerkit.errors import DataError

if TYPE_CHECKING:
    from showerkit.data.energy_schema import EnergyFileMetadata
    from showerkit.data.schema import FileMetadata
    from showerkit.data.timing import Timing
    from showerkit.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class TrueEnergies:
    """The truth of N events.

    Parameters
    ----------
    name, path
        The reference's name and file.
    metadata
        What its file says about itself.
    event_id
        Event numbers, shape (N,).
    energy_mev
        True energies in MeV, shape (N,).
    pdg
        Particle Data Group codes, shape (N,).
    """

    name: str
    path: Path
    metadata: FileMetadata
    event_id: IntArray
    energy_mev: FloatArray
    pdg: IntArray

    def __len__(self) -> int:
        return len(self.event_id)


@dataclass(frozen=True, eq=False)
class CandidateEnergies:
    """Reconstructed energies in the order of the reference's events.

    Parameters
    ----------
    name, path
        The candidate's name and file.
    metadata
        What its file says about itself.
    timing
        How long the reconstruction took, if it was written down.
    energy_mev
        Energies in MeV, shape (N,).
    sigma_mev, low_mev, high_mev
        Predicted errors and ends of the intervals in MeV, shape (N,), or None.
    """

    name: str
    path: Path
    metadata: EnergyFileMetadata
    timing: Timing | None
    energy_mev: FloatArray
    sigma_mev: FloatArray | None
    low_mev: FloatArray | None
    high_mev: FloatArray | None


def read_truth(path: Path | str, name: str) -> TrueEnergies:
    """Read the incident particles of a shower file.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, holds an event id twice or an energy of 0.
    """
    with ShowerFile(path) as file:
        if len(file) == 0:
            raise DataError(f"{path}", got="no showers", expected="at least one")
        incident, event_id = file.read_incident()
        metadata = file.metadata
    if len(np.unique(event_id)) < len(event_id):
        raise DataError(f"{path}: event_id", got="ids that occur twice", expected="an id of its own an event")
    if (incident.energy_mev <= 0.0).any():
        raise DataError(f"{path}: incident energies", got="0", expected="energies above 0")
    return TrueEnergies(
        name=name,
        path=Path(path),
        metadata=metadata,
        event_id=event_id,
        energy_mev=incident.energy_mev.astype(np.float64),
        pdg=incident.pdg.astype(np.int64),
    )


def read_candidate(path: Path | str, name: str, truth: TrueEnergies) -> CandidateEnergies:
    """Read reconstructed energies and put them into the order of the reference's events.

    Raises
    ------
    DataError
        If the file cannot be read, is of another detector, or holds other events than the reference.
    """
    with EnergyFile(path) as file:
        metadata = file.metadata
        energies, incident = file.read()
    if metadata.detector != truth.metadata.detector:
        raise DataError(
            f"{path}: detector",
            got=f"'{metadata.detector.name}'",
            expected=f"'{truth.metadata.detector.name}' as in {truth.path}, the same in everything",
        )
    rows = _rows(energies.event_id, truth, path)
    other = incident.energy_mev[rows].astype(np.float64) != truth.energy_mev
    if other.any():
        place = int(np.argmax(other))
        raise DataError(
            f"{path}: true energy of event {truth.event_id[place]}",
            got=f"{incident.energy_mev[rows][place]:g} MeV",
            expected=f"{truth.energy_mev[place]:g} MeV as in {truth.path}",
            mend="reconstruct the reference's own file",
        )

    def ordered(values: object) -> FloatArray | None:
        return None if values is None else np.asarray(values, dtype=np.float64)[rows]

    return CandidateEnergies(
        name=name,
        path=Path(path),
        metadata=metadata,
        timing=read_timing(path),
        energy_mev=np.asarray(energies.energy_mev[rows], dtype=np.float64),
        sigma_mev=ordered(energies.sigma_mev),
        low_mev=ordered(energies.low_mev),
        high_mev=ordered(energies.high_mev),
    )


def _rows(event_id: IntArray, truth: TrueEnergies, path: Path | str) -> IntArray:
    """Row of each of the reference's events in a candidate's file."""
    mend = "reconstruct the reference's own file"
    order = np.argsort(event_id, kind="stable")
    rising = event_id[order]
    if (np.diff(rising) == 0).any():
        twice = int(rising[:-1][np.diff(rising) == 0][0])
        raise DataError(f"{path}: event_id", got=f"{twice} twice", expected="an id of its own an event")
    place = np.minimum(np.searchsorted(rising, truth.event_id), max(len(rising) - 1, 0))
    missing = np.ones(len(truth), dtype=bool) if len(rising) == 0 else rising[place] != truth.event_id
    if missing.any() or len(event_id) != len(truth):
        common = int((~missing).sum())
        raise DataError(
            f"{path}: events",
            got=f"{len(event_id)}, of which {common} are among the reference's",
            expected=f"the {len(truth)} events of {truth.path}",
            mend=mend,
        )
    return order[place]
