"""Showers of EDM4hep files, as npsim and ddsim write them: hits of one calorimeter and the particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.foreign.converted import converted_metadata
from showerkit.data.foreign.hit_cells import HitCells
from showerkit.data.foreign.primary_particles import COLUMNS, primary_particles
from showerkit.data.foreign.readout import Readout, load_readout, readout_names
from showerkit.data.foreign.root_file import EVENTS, RootTable, open_root
from showerkit.data.foreign.root_source import RootSource
from showerkit.data.foreign.sparse_cells import dense_cells
from showerkit.data.records import Showers
from showerkit.errors import FileFormatError
from showerkit.geometry import load_detector
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.foreign.options import ForeignOptions

OPTIONS: Final = ("readout", "primary", "kind")
_PARTICLES: Final = "MCParticles"


class Edm4hepSource(RootSource):
    """An EDM4hep file, or a folder of such files, with a TTree or an RNTuple; a context manager.

    Deposits of a cell are added up whatever their time; events are numbered from 0.

    Parameters
    ----------
    path
        The file or folder.
    options
        What it does not say: the readout, unless it has the hits of one shipped readout.

    Raises
    ------
    FileFormatError
        If a file is damaged or lacks the readout's hits or the particles.
    ConfigurationError
        If the description of the readout is wrong.
    MissingDependencyError
        If uproot is not installed.
    """

    form = "EDM4hep"
    table = EVENTS

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        super().__init__(path, options, OPTIONS)
        self._which = options.primary or "only"
        with open_root(self._paths[0]) as file:
            self._readout = _readout(RootTable(file, EVENTS, self._paths[0]), options.readout)
        detector = load_detector(self._readout.detector)
        self._cells = HitCells(self._readout, detector)
        collection = self._readout.collection
        self._hits = [f"{collection}.cellID", f"{collection}.energy"]
        if self._cells.needs_positions:
            self._hits += [f"{collection}.position.{axis}" for axis in "xyz"]
        self._particles = [f"{_PARTICLES}.{name}" for name in COLUMNS]
        for one in self._paths:
            with open_root(one) as file:
                self._sizes.append(self._check(RootTable(file, EVENTS, one)))
        description = self._readout.model_dump(mode="json", exclude={"detector"})
        self.metadata = converted_metadata(
            self.path, self.form, detector, options, readout=description, primary=self._which
        )

    def _check(self, table: RootTable) -> int:
        missing = [name for name in (*self._hits, *self._particles) if name not in table]
        if missing:
            raise FileFormatError(
                f"{table.path}: '{EVENTS}'",
                got=f"no column '{missing[0]}'",
                expected=f"simulated hits '{self._readout.collection}' and '{_PARTICLES}' of EDM4hep",
            )
        return table.n

    def rows_at_once(self, table: RootTable) -> int:
        """How many events of a table fit into a few megabytes, with all their particles."""
        return table.rows_at_once([*self._hits, *self._particles], super().rows_at_once(table))

    def showers(self, table: RootTable, start: int, stop: int, first: int) -> Showers:
        """Read events start to stop of a table; they are numbered through."""
        counts, particles = table.jagged(self._particles, start, stop)
        incident = primary_particles(counts, particles, self._readout.frame, self._which)
        counts, (cell_id, energy_gev, *position) = table.jagged(self._hits, start, stop)
        cells = self._cells.find(cell_id, np.stack(position, axis=1) if position else None)
        deposit_mev = energy_gev.astype(np.float64) * MEV_PER_GEV
        energy = dense_cells(counts, cells, deposit_mev, self.metadata.detector.n_cells)
        return Showers(incident, energy, np.arange(first + start, first + stop))


def _readout(table: RootTable, name: str | None) -> Readout:
    """Load the readout that is asked for, or the shipped one that the file has."""
    if name is not None:
        return load_readout(name)
    found = [one for one in map(load_readout, readout_names()) if f"{one.collection}.cellID" in table]
    if len(found) != 1:
        raise FileFormatError(
            f"{table.path}",
            got=f"hits of {len(found)} shipped readouts",
            expected="hits of one of " + ", ".join(readout_names()),
            mend="describe the readout in a YAML file and give it with --readout",
        )
    return found[0]
