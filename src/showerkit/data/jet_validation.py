"""What is wrong with a file of jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.jet_file import JetFile
from showerkit.data.jet_schema import jets_per_chunk
from showerkit.data.value_checks import Offences
from showerkit.errors import FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.jet_records import Jets
    from showerkit.progress import Progress

#: Relative difference that float32 rounding of momenta and jets can make, with a margin.
_ROUNDING: Final = 1e-5
_LARGEST_PHI: Final = float(np.float32(np.pi))


def jet_violations(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find what is wrong with a file of jets.

    Checked are attributes, datasets, and in every portion of the jets the values: NaN, infinity, unknown
    types, negative momenta and masses, values where there is no particle, particles that are not ordered by
    falling pT or come after a gap, angles beyond pi, and absolute momenta that disagree with relative ones.

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
    >>> jet_violations("nowhere.h5")
    ['nowhere.h5: got no such file; expected an HDF5 file']
    """
    progress = progress or SilentProgress()
    found: list[str] = []
    offences = Offences()
    try:
        with JetFile(path) as file:
            progress.start("validate", len(file), "jets")
            portion = jets_per_chunk(file.metadata.constituents)
            for start, jets in file.readable(portion, found, progress):
                _check(jets, start, offences, simulated=file.metadata.kind == "pythia8")
            progress.finish()
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found + [f"{path}: {line}" for line in offences.lines()]


def _check(jets: Jets, first: int, offences: Offences, *, simulated: bool) -> None:
    """Note the values of a portion that break a rule."""
    pt = jets.particles[..., 2]
    gap = ~jets.mask[:, :-1] & jets.mask[:, 1:]
    offences.note("particle_features: a particle after a place without one", gap, pt[:, 1:], first)
    phi = jets.particles[..., 1]
    offences.note("particle_features: phi_rel beyond pi", np.abs(phi) > _LARGEST_PHI, phi, first)
    offences.note("event_id: negative", jets.event_id < 0, jets.event_id, first)
    if simulated:
        # A model's particles need be neither ordered nor positive.
        offences.note("particle_features: not by falling pT", np.diff(pt, axis=1) > 0, pt[:, 1:], first)
        offences.note("particle_features: pt_rel negative", pt < 0, pt, first)
    if jets.momenta_gev is not None:
        absolute = np.hypot(jets.momenta_gev[..., 0], jets.momenta_gev[..., 1], dtype=np.float64)
        expected = pt.astype(np.float64) * jets.pt_gev[:, None]
        off = np.abs(absolute - expected) > _ROUNDING * expected
        offences.note("particle_momenta: another pT than particle_features", off, absolute, first)
