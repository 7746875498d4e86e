"""What is wrong with a file of matched jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.data.calibration_schema import calibration_jets_per_chunk
from showerkit.data.value_checks import Offences
from showerkit.errors import FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.progress import Progress

#: Relative difference that float32 rounding of many candidates can make, with a margin.
_ROUNDING: Final = 1e-4
_LARGEST_PHI: Final = float(np.float32(np.pi))


def calibration_violations(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find what is wrong with a file of matched jets.

    Checked are attributes, datasets, and in every portion of the jets the values: NaN, infinity, unknown
    classes and flavours, negative momenta, masses and weights, values where there is no candidate,
    candidates that are not ordered by falling pT or come after a gap, angles beyond pi, charges of neutral
    classes, and detector jets whose pT is not that of their candidates, where all are kept.

    Parameters
    ----------
    path
        The file.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        The first offence of the structure or of a portion that cannot be read, then a line for every rule
        that values break; empty for a valid file.

    Examples
    --------
    >>> calibration_violations("nowhere.h5")
    ['nowhere.h5: got no such file; expected an HDF5 file']
    """
    progress = progress or SilentProgress()
    found: list[str] = []
    offences = Offences()
    try:
        with CalibrationJetFile(path) as file:
            progress.start("validate", len(file), "jets")
            portion = calibration_jets_per_chunk(file.metadata.constituents)
            for start, jets in file.readable(portion, found, progress):
                _check(jets, start, offences)
            progress.finish()
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found + [f"{path}: {line}" for line in offences.lines()]


def _check(jets: CalibrationJets, first: int, offences: Offences) -> None:
    """Note the values of a portion that break a rule."""
    pt, phi, charge = (jets.candidates[..., column] for column in (0, 2, 3))
    neutral = np.isin(jets.candidates[..., 4], (1, 2))
    gap = ~jets.mask[:, :-1] & jets.mask[:, 1:]
    offences.note("candidates: one after a place without", gap, pt[:, 1:], first)
    offences.note("candidates: pT not positive", jets.mask & (pt <= 0), pt, first)
    offences.note("candidates: not by falling pT", np.diff(pt, axis=1) > 0, pt[:, 1:], first)
    offences.note("candidates: phi beyond pi", np.abs(phi) > _LARGEST_PHI, phi, first)
    offences.note("candidate_charge: of a neutral class", neutral & (charge != 0), charge, first)
    offences.note("weight: not positive", jets.weight <= 0, jets.weight, first)
    offences.note("event_id: negative", jets.event_id < 0, jets.event_id, first)
    whole = jets.n_candidates == jets.mask.sum(axis=1)
    wide = pt.astype(np.float64)
    total = np.hypot((wide * np.cos(phi)).sum(axis=1), (wide * np.sin(phi)).sum(axis=1))
    off = whole & (np.abs(total - jets.pt_gev) > _ROUNDING * wide.sum(axis=1))
    offences.note("detector_jet: another pT than its candidates", off, jets.pt_gev, first)
