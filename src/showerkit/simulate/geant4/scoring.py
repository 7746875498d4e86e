"""Scores deposits and charged tracks per cell inside Geant4; runs in a worker process only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.geometry import Calorimeter

_DETECTOR = "cells"
_ENERGY = "energy"
_TRACKS = "charged-tracks"


def attach_scorers(g4: Any, calorimeter: Calorimeter, active: list[Any]) -> list[Any]:
    """Let Geant4 sum deposits (and, where asked, charged tracks) in each cell.

    In a regular grid one scorer serves all layers: its key is made of the copy numbers of layer, row and
    cell, which is the cell's flat index in showerkit's own order. Cells that are placed one by one have that
    index as their copy number. Each sensitive volume of a GDML geometry has a scorer of its own, whose keys
    are looked up.

    Returns
    -------
    list
        The objects that must outlive the run.
    """
    manager = g4.G4SDManager.GetSDMpointer()
    kept: list[Any] = []
    if calorimeter.gdml is not None:
        for number, (scored, volume) in enumerate(zip(calorimeter.gdml_cells.volumes, active, strict=True)):
            shape = (*scored.counts, *scored.depths)
            kept += _attach(g4, manager, calorimeter, [volume], f"{_DETECTOR}-{number}", shape)
        return kept
    if calorimeter.is_grid:
        inner = 1 if calorimeter.has_gaps(0) else 0
        shape = (*calorimeter.shape, inner + 2, inner + 1, inner)
    else:
        shape = (1, 1, calorimeter.n_cells, 2, 2, 0)
    return _attach(g4, manager, calorimeter, active, _DETECTOR, shape)


def _attach(
    g4: Any,
    manager: Any,
    calorimeter: Calorimeter,
    volumes: list[Any],
    name: str,
    shape: tuple[int, int, int, int, int, int],
) -> list[Any]:
    """Make the scorers of some volumes: numbers and depths of three levels of copy numbers."""
    detector = g4.G4MultiFunctionalDetector(name)
    energy = g4.G4PSEnergyDeposit3D(_ENERGY, *shape)
    detector.RegisterPrimitive(energy)
    kept = [detector, energy]
    if calorimeter.counts_charged_tracks:
        tracks = g4.G4PSPassageCellCurrent3D(_TRACKS, *shape)
        charged = g4.G4SDChargedFilter("charged")
        tracks.SetFilter(charged)
        detector.RegisterPrimitive(tracks)
        kept += [tracks, charged]
    manager.AddNewDetector(detector)
    for volume in volumes:
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
        names: list[str] = [_DETECTOR]
        # Of a GDML geometry: each key's place in the image; otherwise they are the same.
        self._places: list[Mapping[int, int] | None] = [None]
        if calorimeter.gdml is not None:
            volumes = calorimeter.gdml_cells.volumes
            names = [f"{_DETECTOR}-{number}" for number in range(len(volumes))]
            self._places = [
                dict(zip(scored.keys.tolist(), scored.places.tolist(), strict=True)) for scored in volumes
            ]

        def collections(quantity: str) -> list[int]:
            return [manager.GetCollectionID(f"{name}/{quantity}") for name in names]

        self._energy = collections(_ENERGY)
        self._tracks = collections(_TRACKS) if calorimeter.counts_charged_tracks else []

    def read(
        self, event: Any, energy_row: NDArray[np.float32], tracks_row: NDArray[np.float32] | None
    ) -> None:
        """Fill the rows, which are zero before, from one finished event."""
        collections = event.GetHCofThisEvent()
        for number, places in zip(self._energy, self._places, strict=True):
            _fill(collections.GetHC(number), energy_row, places)
        if tracks_row is not None:
            for number, places in zip(self._tracks, self._places, strict=True):
                _fill(collections.GetHC(number), tracks_row, places)


def _fill(hits: Any, row: NDArray[np.float32], places: Mapping[int, int] | None) -> None:
    """Write a hits map (key to sum) into a row."""
    sums = dict(hits)
    if not sums:
        return
    keys = sums.keys() if places is None else (places[key] for key in sums)
    row[np.fromiter(keys, np.int64, len(sums))] = np.fromiter(sums.values(), np.float64, len(sums))
