"""Showers of ntuples that showerkit wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.foreign.ntuple_output import EVENT_COLUMNS, OPTIONAL
from showerkit.data.foreign.root_file import SHOWERS, RootTable, open_root
from showerkit.data.foreign.root_source import RootSource
from showerkit.data.foreign.sparse_cells import dense_cells
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.schema import metadata_from_attributes
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.data.schema import FileMetadata


class NtupleSource(RootSource):
    """A ROOT file, or a folder of such files, that `NtupleOutput` wrote; a context manager.

    Parameters
    ----------
    path
        The file or folder.
    options
        None may be given, since the file says everything.

    Raises
    ------
    FileFormatError
        If a file is damaged or of another detector than the first.
    MissingDependencyError
        If uproot is not installed.
    """

    form = "ntuple"
    table = SHOWERS

    def __init__(self, path: Path, options: ForeignOptions) -> None:
        super().__init__(path, options, ())
        for number, one in enumerate(self._paths):
            with open_root(one) as file:
                metadata = _metadata(file, one)
                self._sizes.append(RootTable(file, SHOWERS, one).n)
            if number == 0:
                self.metadata = metadata
            elif metadata.detector != self.metadata.detector:
                raise FileFormatError(
                    f"{one}: detector", got="another than the first file's", expected=f"{self._paths[0]}'s"
                )

    def showers(self, table: RootTable, start: int, stop: int, first: int) -> Showers:
        """Read events start to stop of a table, which says their numbers."""
        one = {name: table.flat(name, start, stop) for name in EVENT_COLUMNS}
        prefix = "hit." if "hit.cell" in table else "hit_"
        names = ["energy_mev", *(name for name in OPTIONAL if prefix + name in table)]
        counts, (cells, *values) = table.jagged([prefix + name for name in ("cell", *names)], start, stop)
        n_cells = self.metadata.detector.n_cells
        dense = {
            name: dense_cells(counts, cells, hits, n_cells) for name, hits in zip(names, values, strict=True)
        }
        incident = IncidentParticles(
            one["incident_pdg"],
            one["incident_energy_mev"],
            np.stack([one[f"incident_p{axis}_mev"] for axis in "xyz"], axis=1),
            np.stack([one[f"incident_{axis}_mm"] for axis in "xyz"], axis=1),
        )
        energy = dense.pop("energy_mev")
        return Showers(incident, energy, one["event_id"], *(dense.get(name) for name in OPTIONAL))


def _metadata(file: Any, path: Path) -> FileMetadata:
    try:
        attributes = json.loads(str(file["metadata"]))
    except (ValueError, RecursionError) as broken:
        raise FileFormatError(
            f"{path}: 'metadata'", got=f"no valid JSON ({broken})", expected="a JSON text"
        ) from None
    if not isinstance(attributes, dict):
        raise FileFormatError(f"{path}: 'metadata'", got="no mapping", expected="a JSON mapping")
    return metadata_from_attributes(attributes, str(path))
