"""Matched jets on a page: response, and what the detector saw of the jets that are displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.calibration_jets import CANDIDATE_CLASSES
from showerkit.report.view.arrays import encoded, encoded_index
from showerkit.report.view.event_table import EventTable, Quantity, ViewedFile, join_tables
from showerkit.report.view.portions import read_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.progress import Progress
    from showerkit.report.view.drawn_rows import DrawnRows
    from showerkit.report.view.settings import ViewSettings

#: What is drawn of matched jets.
MATCHED_QUANTITIES: Final = (
    Quantity("response", "Response: pT over true pT"),
    Quantity("pt_gev", "Transverse momentum seen", "GeV"),
    Quantity("true_pt_gev", "True transverse momentum", "GeV"),
    Quantity("mass_gev", "Mass seen", "GeV"),
    Quantity("true_mass_gev", "True mass", "GeV"),
    Quantity("candidates", "Particle-flow candidates", "", integer=True),
    Quantity("true_eta", "True pseudorapidity"),
    Quantity("pile_up", "Further collisions", "", integer=True),
)
MATCHED_COLUMNS: Final = 2 + len(MATCHED_QUANTITIES)
#: Flavours by their codes, as they are called on a page.
FLAVOUR_NAMES: Final = {
    0: "unknown",
    1: "d quark",
    2: "u quark",
    3: "s quark",
    4: "c quark",
    5: "b quark",
    21: "gluon",
}
_JETS_AT_ONCE: Final = 2048


def matched_table(jets: CalibrationJets) -> EventTable:
    """Measure matched jets."""
    columns = {
        "response": jets.response,
        "pt_gev": jets.pt_gev,
        "true_pt_gev": jets.true_pt_gev,
        "mass_gev": jets.mass_gev,
        "true_mass_gev": jets.true_mass_gev,
        "candidates": jets.n_candidates,
        "true_eta": jets.true_eta,
        "pile_up": jets.pile_up,
    }
    return EventTable(
        jets.true_pt_gev.astype(np.float64),
        jets.flavour.astype(np.int64),
        {key: np.asarray(values, dtype=np.float64) for key, values in columns.items()},
    )


def matched_drawing(jets: list[CalibrationJets], settings: ViewSettings) -> dict[str, Any]:
    """Encode what is drawn of single pairs: candidates about the true axis, with shares of the true pT."""
    eta, phi, share, kind = [], [], [], []
    for one in jets:
        kept = one.candidates[0][one.mask[0]][: settings.hits_of_event].astype(np.float64)
        eta.append(kept[:, 1] - one.true_eta[0])
        phi.append(wrapped(kept[:, 2] - one.true_phi[0]))
        share.append(kept[:, 0] / one.true_pt_gev[0])
        kind.append(kept[:, 4].astype(np.int64))
    seen_eta = np.concatenate([one.eta - one.true_eta for one in jets])
    seen_phi = wrapped(np.concatenate([one.phi.astype(np.float64) - one.true_phi for one in jets]))
    return {
        "start": encoded(np.concatenate([[0], np.cumsum([len(s) for s in share])]), "u4"),
        "eta": encoded(np.concatenate(eta), "f4"),
        "phi": encoded(np.concatenate(phi), "f4"),
        "share": encoded(np.concatenate(share), "f4"),
        "kind": encoded_index(np.concatenate(kind)),
        "axisEta": encoded(seen_eta, "f4"),
        "axisPhi": encoded(seen_phi, "f4"),
    }


def wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring angles into [-pi, pi).

    Examples
    --------
    >>> wrapped(np.array([6.0, -0.1])).round(3).tolist()
    [-0.283, -0.1]
    """
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi, dtype=np.float64)


def candidate_kinds() -> list[str]:
    """Name the classes of candidates in the order of their codes."""
    return sorted(CANDIDATE_CLASSES, key=CANDIDATE_CLASSES.__getitem__)


def view_matched_jets(
    file: CalibrationJetFile, name: str, drawn: DrawnRows, settings: ViewSettings, progress: Progress
) -> ViewedFile:
    """Read what a page shows of a file of matched jets.

    Parameters
    ----------
    file
        The file.
    name
        How it is called.
    drawn
        The rows.
    settings
        How much is kept.
    progress
        Told of every row read for the histograms.
    """

    def table(start: int, stop: int) -> EventTable:
        return matched_table(file.read(start, stop))

    sample = read_tables(table, drawn.blocks, _JETS_AT_ONCE, progress)
    shown = [file.read(row, row + 1) for row in drawn.shown.tolist()]
    metadata = file.metadata
    return ViewedFile(
        name,
        [("made by", metadata.generator), ("seed", str(metadata.seed)), ("process", metadata.process)],
        len(file),
        sample,
        join_tables([matched_table(one) for one in shown]),
        np.concatenate([one.event_id for one in shown]),
        matched_drawing(shown, settings),
    )
