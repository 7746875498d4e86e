"""Scores deposits and charged tracks per cell inside Geant4; runs in a worker process only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.simulate.geant4.construction import has_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.geometry import Calorimeter

_DETECTOR = "cells"
_ENERGY = "energy"
_TRACKS = "charged-tracks"


def attach_scorers(g4: Any, calorimeter: Calorimeter, active: list[Any]) -> list[Any]:
    """Let Geant4 sum deposits (and, where asked, charged tracks) in each cell.

    One scorer serves all layers: its key is made of the copy numbers of layer, row and cell, which
    is the cell's flat index in showerkit's own order.

    Returns
    -------
    list
        The objects that must outlive the run.
    """
    layers, rows, columns = calorimeter.shape
    inner = 1 if has_frame(calorimeter) else 0
    shape = (layers, rows, columns, inner + 2, inner + 1, inner)
    detector = g4.G4MultiFunctionalDetector(_DETECTOR)
    energy = g4.G4PSEnergyDeposit3D(_ENERGY, *shape)
    detector.RegisterPrimitive(energy)
    kept = [detector, energy]
    if calorimeter.counts_charged_tracks:
        tracks = g4.G4PSPassageCellCurrent3D(_TRACKS, *shape)
        charged = g4.G4SDChargedFilter("charged")
        tracks.SetFilter(charged)
        detector.RegisterPrimitive(tracks)
        kept += [tracks, charged]
    g4.G4SDManager.GetSDMpointer().AddNewDetector(detector)
    for volume in active:
        volume.SetSensitiveDetector(detector)
    return kept


class CellReader:
    """Copies the scorers' sums of one event into a row of an array.

    Parameters
    ----------
    g4
        The module geant4_pybind.
    calorimeter
        The calorimeter.
    """

    def __init__(self, g4: Any, calorimeter: Calorimeter) -> None:
        manager = g4.G4SDManager.GetSDMpointer()
        self._energy = manager.GetCollectionID(f"{_DETECTOR}/{_ENERGY}")
        self._tracks = (
            manager.GetCollectionID(f"{_DETECTOR}/{_TRACKS}") if calorimeter.counts_charged_tracks else None
        )

    def read(
        self, event: Any, energy_row: NDArray[np.float32], tracks_row: NDArray[np.float32] | None
    ) -> None:
        """Fill the rows, which are zero before, from one finished event."""
        collections = event.GetHCofThisEvent()
        _fill(collections.GetHC(self._energy), energy_row)
        if self._tracks is not None and tracks_row is not None:
            _fill(collections.GetHC(self._tracks), tracks_row)


def _fill(hits: Any, row: NDArray[np.float32]) -> None:
    """Write a hits map (cell index to sum) into a row."""
    sums = dict(hits)
    if sums:
        row[np.fromiter(sums.keys(), np.int64, len(sums))] = np.fromiter(sums.values(), np.float64, len(sums))
