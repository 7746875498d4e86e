"""Showers on a page: observables of each, and the hit cells of those that are displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.evaluate.observables import shower_observables
from showerkit.report.view.arrays import encoded, encoded_index
from showerkit.report.view.drawn_rows import DrawnRows
from showerkit.report.view.event_table import EventTable, Quantity, ViewedFile, join_tables
from showerkit.report.view.portions import read_tables
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.data.shower_file import ShowerFile
    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.progress import Progress
    from showerkit.report.view.settings import ViewSettings
    from showerkit.typing import IntArray

#: Deposits are read for at most about this many cells at once.
_CELLS_AT_ONCE: Final = 2**21
_ROWS_AT_ONCE: Final = 2**18


def shower_quantities(layers: int) -> list[Quantity]:
    """List what is drawn of showers in a detector of so many layers."""
    one = [
        Quantity("total_mev", "Deposited energy", "MeV"),
        Quantity("response", "Deposited over incident energy"),
        Quantity("hits", "Hit cells", "", integer=True),
        Quantity("width_mm", "Lateral width (RMS)", "mm"),
        Quantity("hottest_share", "Share of the hottest cell"),
    ]
    return one if layers == 1 else [*one, Quantity("depth_mm", "Energy-weighted depth", "mm")]


def shower_columns(detector: Calorimeter) -> int:
    """Count the values that a page keeps of every shower."""
    layers = len(detector.layers)
    return 2 + len(shower_quantities(layers)) + (layers if layers > 1 else 0)


def shower_table(showers: Showers, detector: Calorimeter, threshold_mev: float) -> EventTable:
    """Measure showers.

    Parameters
    ----------
    showers
        N showers.
    detector
        Their calorimeter.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    """
    seen = shower_observables(showers, detector, threshold_mev)
    layers = len(detector.layers)
    by_layer = showers.energy_mev.reshape(len(showers), layers, -1).sum(axis=2, dtype=np.float64)
    return EventTable(
        showers.incident.energy_mev.astype(np.float64) / MEV_PER_GEV,
        showers.incident.pdg.astype(np.int64),
        {quantity.key: seen.values(quantity.key) for quantity in shower_quantities(layers)},
        by_layer if layers > 1 else None,
    )


def shower_drawing(showers: list[Showers], settings: ViewSettings) -> dict[str, Any]:
    """Encode what is drawn of single showers: the brightest hit cells, and the lines of flight."""
    cells, energies, left_out = [], [], []
    for one in showers:
        deposit = one.energy_mev[0]
        hit = np.flatnonzero(deposit > settings.threshold_mev)
        brightest = hit[np.argsort(-deposit[hit], kind="stable")[: settings.hits_of_event]]
        cells.append(brightest)
        energies.append(deposit[brightest])
        left_out.append(len(hit) - len(brightest))
    return {
        "start": encoded(np.concatenate([[0], np.cumsum([len(c) for c in cells])]), "u4"),
        "cell": encoded_index(np.concatenate(cells)),
        "energy": encoded(np.concatenate(energies), "f4"),
        "leftOut": encoded_index(np.array(left_out)),
        "entry": encoded(np.concatenate([one.incident.entry_point_mm() for one in showers]), "f4"),
        "direction": encoded(np.concatenate([one.incident.direction for one in showers]), "f4"),
    }


def same_events(file: ShowerFile, events: list[Showers]) -> IntArray | None:
    """Find the showers that the same incident particles started, as simulations and models repeat them.

    Parameters
    ----------
    file
        Where to look; event numbers alone are read, in portions.
    events
        Showers of another file, one in each record.

    Returns
    -------
    numpy.ndarray or None
        Their rows, rising; None where less than half of the events are found.
    """
    wanted = np.concatenate([one.event_id for one in events])
    energy = np.concatenate([one.incident.energy_mev for one in events])
    order = np.argsort(wanted, kind="stable")
    wanted, energy = wanted[order], energy[order]
    rows: dict[int, int] = {}
    for start in range(0, len(file), _ROWS_AT_ONCE):
        ids = file.read_event_id(start, min(start + _ROWS_AT_ONCE, len(file)))
        for row in np.flatnonzero(np.isin(ids, wanted)).tolist():
            rows.setdefault(int(ids[row]), start + row)
    found = []
    for number, mev in zip(wanted.tolist(), energy.tolist(), strict=True):
        place = rows.get(number)
        if place is not None and file.read_incident(place, place + 1)[0].energy_mev[0] == mev:
            found.append(place)
    return np.array(sorted(set(found)), dtype=np.int64) if 2 * len(found) >= len(wanted) else None


def view_showers(
    file: ShowerFile,
    name: str,
    drawn: DrawnRows,
    settings: ViewSettings,
    progress: Progress,
) -> ViewedFile:
    """Read what a page shows of a file of showers.

    Parameters
    ----------
    file
        The file or folder of shards.
    name
        How it is called.
    drawn
        The rows.
    settings
        What counts as a hit, and how much is kept.
    progress
        Told of every row read for the histograms.
    """
    detector, threshold = file.detector, settings.threshold_mev

    def table(start: int, stop: int) -> EventTable:
        return shower_table(file.read(start, stop, optional=False), detector, threshold)

    sample = read_tables(table, drawn.blocks, max(1, _CELLS_AT_ONCE // file.cells), progress)
    shown = [file.read(row, row + 1, optional=False) for row in drawn.shown.tolist()]
    metadata = file.metadata
    facts = [("made by", metadata.generator), ("seed", str(metadata.seed))]
    if metadata.physics_data:
        facts.append(("Geant4 data", metadata.physics_data))
    return ViewedFile(
        name,
        facts,
        len(file),
        sample,
        join_tables([shower_table(one, detector, threshold) for one in shown]),
        np.concatenate([one.event_id for one in shown]),
        shower_drawing(shown, settings),
    )


def detector_json(detector: Calorimeter) -> dict[str, Any]:
    """Give what the page's script needs to place cells."""
    half_mm = 0.5 * (detector.layer_edges_mm[:, 1] - detector.layer_edges_mm[:, 0])
    if not detector.is_grid:
        return {**_own_cells_json(detector), "halfZ": half_mm.tolist()}
    return {
        "layers": len(detector.layers),
        "nx": detector.cells_x,
        "ny": detector.cells_y,
        "x": detector.cell_x.tolist(),
        "y": detector.cell_y.tolist(),
        "z": detector.layer_z_mm.tolist(),
        "halfX": 0.5 * detector.cell_x_mm,
        "halfY": 0.5 * detector.cell_y_mm,
        "halfZ": half_mm.tolist(),
        "depth": detector.depth_mm,
    }


def _own_cells_json(detector: Calorimeter) -> dict[str, Any]:
    """Give the same for cells that are no regular grid: the place and size of each."""
    cells = detector.cell_map
    place, half = cells.position_mm.round(3), (0.5 * cells.size_mm).round(3)
    return {
        "layers": len(detector.layers),
        "nx": detector.cells_x,
        "ny": detector.cells_y,
        "z": detector.layer_z_mm.tolist(),
        "depth": detector.depth_mm,
        "own": {
            **{axis: place[:, n].tolist() for n, axis in enumerate("xyz")},
            **{f"half{axis}": half[:, n].tolist() for n, axis in enumerate("XYZ")},
            "width": [detector.width_x_mm, detector.width_y_mm],
        },
    }
