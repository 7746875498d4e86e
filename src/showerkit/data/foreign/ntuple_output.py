"""Write showers as a ROOT ntuple, one entry an event with a list of hits: a TTree or an RNTuple."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.data.foreign.root_file import SHOWERS, uproot_module
from showerkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata

#: Columns with one value an event, and where the values are in `Showers`.
EVENT_COLUMNS: Final = {
    "event_id": "int64",
    "incident_pdg": "int32",
    "incident_energy_mev": "float32",
    **{f"incident_p{axis}_mev": "float32" for axis in "xyz"},
    **{f"incident_{axis}_mm": "float32" for axis in "xyz"},
}
_HIT_FIELDS: Final = {
    "cell": "int32",
    "layer": "int32",
    "x_mm": "float32",
    "y_mm": "float32",
    "z_mm": "float32",
    "energy_mev": "float32",
}
#: Quantities that not all showers have, one value a cell.
OPTIONAL: Final = ("charged_tracks", "mask_probability")


class NtupleOutput:
    """Write a ROOT file with the table ``showers`` and what it says about itself; a context manager.

    The file is written beside its name and renamed at a clean exit.

    Parameters
    ----------
    path
        The file to write.
    metadata
        What a shower file says about itself, written as a JSON text ``metadata``.
    overwrite
        Whether an existing file may be replaced.
    rntuple
        Whether the table is an RNTuple rather than a TTree.

    Raises
    ------
    DataError
        If the file exists or cannot be written.
    MissingDependencyError
        If uproot is not installed.
    """

    def __init__(
        self, path: Path | str, metadata: FileMetadata, *, overwrite: bool = False, rntuple: bool = False
    ) -> None:
        self._uproot = uproot_module()
        self.path = check_writable(path, overwrite=overwrite)
        self.metadata, self._rntuple = metadata, rntuple
        self._positions_mm = metadata.detector.cell_positions_mm.astype(np.float32)
        self._per_layer = metadata.detector.cells_x * metadata.detector.cells_y
        self._opened = ExitStack()
        self._file: Any = None
        self._table: Any = None
        self._names: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        try:
            partial = self._opened.enter_context(replacing(self.path))
            self._file = self._opened.enter_context(self._uproot.recreate(partial))
            self._file["metadata"] = json.dumps(self.metadata.to_attributes())
        except OSError as failure:
            self._opened.close()
            raise write_error(self.path, failure) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._table is None:
                self._create(())
            self._opened.__exit__(kind, error, trace)
        except OSError as failure:
            raise write_error(self.path, failure) from None
        finally:
            self._opened.close()

    def append(self, showers: Showers) -> None:
        """Append showers.

        Raises
        ------
        DataError
            If they lack a quantity that former ones had, or the disk is full.
        """
        names = tuple(name for name in OPTIONAL if getattr(showers, name) is not None)
        if self._table is not None and names != self._names:
            odd = min(set(names) ^ set(self._names))
            raise DataError(
                f"{self.path}: {odd}", got="present in some parts only", expected="in all parts or in none"
            )
        try:
            if self._table is None:
                self._create(names)
            if len(showers):
                self._table.extend(self._columns(showers))
        except OSError as failure:
            raise write_error(self.path, failure) from None

    def _create(self, names: tuple[str, ...]) -> None:
        self._names = names
        fields = {**_HIT_FIELDS, **dict.fromkeys(names, "float32")}
        hit = ", ".join(f"{name}: {kind}" for name, kind in fields.items())
        columns = {**EVENT_COLUMNS, "hit": f"var * {{{hit}}}"}
        if self._rntuple:
            self._table = self._file.mkrntuple(SHOWERS, columns)
        else:
            title = f"Showers in {self.metadata.detector.name}, {self.metadata.generator}"
            self._table = self._file.mktree(SHOWERS, columns, title=title)

    def _columns(self, showers: Showers) -> dict[str, Any]:
        import awkward

        incident = showers.incident
        hit = showers.energy_mev != 0.0
        for name in self._names:
            hit |= getattr(showers, name) != 0.0
        events, cells = np.nonzero(hit)
        positions = self._positions_mm[cells]
        fields = {
            "cell": cells.astype(np.int32),
            "layer": (cells // self._per_layer).astype(np.int32),
            **{f"{axis}_mm": positions[:, number] for number, axis in enumerate("xyz")},
            "energy_mev": showers.energy_mev[events, cells],
            **{name: getattr(showers, name)[events, cells] for name in self._names},
        }
        return {
            "event_id": showers.event_id,
            "incident_pdg": incident.pdg,
            "incident_energy_mev": incident.energy_mev,
            **{f"incident_p{axis}_mev": incident.momentum_mev[:, n] for n, axis in enumerate("xyz")},
            **{f"incident_{axis}_mm": incident.position_mm[:, n] for n, axis in enumerate("xyz")},
            "hit": awkward.unflatten(awkward.zip(fields), np.bincount(events, minlength=len(showers))),
        }
