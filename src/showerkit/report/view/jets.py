"""Jets on a page: their properties, and the particles of those that are displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.jet_records import JET_TYPES
from showerkit.report.view.arrays import encoded
from showerkit.report.view.event_table import EventTable, Quantity, ViewedFile, join_tables
from showerkit.report.view.portions import read_tables

if TYPE_CHECKING:
    from showerkit.data.jet_file import JetFile
    from showerkit.data.jet_records import Jets
    from showerkit.progress import Progress
    from showerkit.report.view.drawn_rows import DrawnRows
    from showerkit.report.view.settings import ViewSettings

#: What is drawn of jets.
JET_QUANTITIES: Final = (
    Quantity("pt_gev", "Transverse momentum", "GeV"),
    Quantity("mass_gev", "Mass", "GeV"),
    Quantity("particles", "Particles", "", integer=True),
    Quantity("eta", "Pseudorapidity"),
    Quantity("hardest_share", "Hardest particle's share of pT"),
    Quantity("width", "Width: mean radius by pT"),
)
JET_COLUMNS: Final = 2 + len(JET_QUANTITIES)
#: Kinds of jets by their codes, as they are called on a page.
JET_NAMES: Final = {
    JET_TYPES["g"]: "gluon",
    JET_TYPES["q"]: "light quark",
    JET_TYPES["t"]: "top quark",
    JET_TYPES["w"]: "W boson",
    JET_TYPES["z"]: "Z boson",
    JET_TYPES["qcd"]: "quark or gluon",
}
_JETS_AT_ONCE: Final = 4096


def jet_table(jets: Jets) -> EventTable:
    r"""Measure jets.

    The width is :math:`\sum_i p_{T,i} \sqrt{\Delta\eta_i^2 + \Delta\phi_i^2} / \sum_i p_{T,i}` over the
    particles kept.

    Examples
    --------
    >>> from showerkit.data.jet_records import Jets
    >>> one = Jets([[[0.3, 0.4, 0.5], [0.0, 0.0, 0.5]]], [[True, True]], [0], [1000.0], [0.0], [80.0], [0])
    >>> round(float(jet_table(one).columns["width"][0]), 3)
    0.25
    """
    share = jets.particles[..., 2].astype(np.float64)
    distance = np.hypot(jets.particles[..., 0], jets.particles[..., 1]).astype(np.float64)
    total = share.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.where(total > 0, (share * distance).sum(axis=1) / total, np.nan)
    columns = {
        "pt_gev": jets.pt_gev.astype(np.float64),
        "mass_gev": jets.mass_gev.astype(np.float64),
        "particles": jets.n_particles.astype(np.float64),
        "eta": jets.eta.astype(np.float64),
        "hardest_share": share.max(axis=1, initial=0.0),
        "width": width,
    }
    return EventTable(columns["pt_gev"], jets.jet_type.astype(np.int64), columns)


def jet_drawing(jets: list[Jets], settings: ViewSettings) -> dict[str, Any]:
    """Encode what is drawn of single jets: their hardest particles."""
    particles = [one.particles[0][one.mask[0]][: settings.hits_of_event] for one in jets]
    every = np.concatenate(particles)
    return {
        "start": encoded(np.concatenate([[0], np.cumsum([len(p) for p in particles])]), "u4"),
        "eta": encoded(every[:, 0], "f4"),
        "phi": encoded(every[:, 1], "f4"),
        "share": encoded(every[:, 2], "f4"),
    }


def view_jets(
    file: JetFile, name: str, drawn: DrawnRows, settings: ViewSettings, progress: Progress
) -> ViewedFile:
    """Read what a page shows of a file of jets.

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
        return jet_table(file.read(start, stop, optional=False))

    sample = read_tables(table, drawn.blocks, _JETS_AT_ONCE, progress)
    shown = [file.read(row, row + 1, optional=False) for row in drawn.shown.tolist()]
    metadata = file.metadata
    return ViewedFile(
        name,
        [("made by", metadata.generator), ("seed", str(metadata.seed)), ("process", metadata.process)],
        len(file),
        sample,
        join_tables([jet_table(one) for one in shown]),
        np.concatenate([one.event_id for one in shown]),
        jet_drawing(shown, settings),
    )
