"""Every violation of the schema in a shower file or a folder of shards, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from pydantic import ValidationError

from showerkit.data.foreign.converted import is_converted
from showerkit.data.own_dataset import own_dataset
from showerkit.data.schema import DATASETS, FileMetadata, attribute_values, events_per_chunk
from showerkit.data.shard import open_hdf5, reading, shard_paths
from showerkit.data.value_checks import Offences, check_values, repeated_ids
from showerkit.errors import FileFormatError
from showerkit.geometry.calorimeter import Calorimeter
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.progress import Progress

_IDS_A_PORTION = 2**17


def violations(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find everything that is wrong with a shower file.

    Checked are the attributes, the detector, the presence, types, shapes and units of the datasets,
    and of the values: NaN, infinite and negative ones, probabilities above 1, repeated event ids,
    momenta that do not fit energy and mass (p^2 = T (T + 2 m)), and simulated deposits above the
    incident energy.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        One line for every violation; empty for a valid file.

    Raises
    ------
    FileFormatError
        If there is no such file, or the folder holds no HDF5 file.
    """
    progress = progress or SilentProgress()
    paths = shard_paths(path)
    found: list[str] = []
    shards = [_ShardCheck(shard) for shard in paths]
    progress.start("validate", sum(shard.n_events for shard in shards), "showers")
    for shard in shards:
        shard.check_values(progress)
        found += [f"{shard.path}: {line}" for line in shard.lines]
    found += _across(shards)
    progress.finish()
    return found


class _ShardCheck:
    """The checks of one file: its structure first, its values on demand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []
        self.n_events = 0
        self.detector: Calorimeter | None = None
        self.kind: object = None
        #: Whether Geant4 made it here, rather than something that a foreign file came from.
        self.simulated = False
        #: Datasets whose values can be checked.
        self.names: list[str] = []
        try:
            with open_hdf5(path) as file, reading(path):
                self._check_attributes(dict(file.attrs))
                self._check_datasets(file)
        except FileFormatError as damage:
            self._damaged(damage)

    def _damaged(self, damage: FileFormatError) -> None:
        self.lines.append(str(damage).removeprefix(f"{self.path}: "))

    def _check_attributes(self, attributes: dict[str, Any]) -> None:
        values, wrong = attribute_values(attributes)
        self.lines += wrong
        if not values:
            return
        unreadable = [name for name in FileMetadata.model_fields if f"attribute '{name}'" in " ".join(wrong)]
        optional = ("physics_data",)
        needed = (*(n for n in FileMetadata.model_fields if n not in optional), "units")
        missing = [name for name in needed if name not in attributes]
        self.lines += [f"attribute '{name}' is missing" for name in missing]
        try:
            FileMetadata.model_validate(values)
        except ValidationError as invalid:
            for entry in invalid.errors(include_url=False):
                if entry["loc"] and entry["loc"][0] in (*missing, *unreadable):
                    continue
                place = ".".join(str(part) for part in entry["loc"])
                message = entry["msg"].removeprefix("Value error, ")
                got = "" if entry["type"] == "missing" else f"got {entry['input']!r:.60}; "
                self.lines.append(f"attribute '{place}': {got}expected {message}")
        self.kind = values.get("kind")
        self.simulated = self.kind == "geant4" and not is_converted(values.get("settings"))
        try:
            self.detector = Calorimeter.model_validate(values.get("detector"))
        except ValidationError:
            self.detector = None  # told above

    def _check_datasets(self, file: h5py.File) -> None:
        lengths: dict[str, int] = {}
        counts_tracks = self.detector is not None and self.detector.counts_charged_tracks
        for spec in DATASETS:
            what = f"dataset '{spec.name}'"
            try:
                dataset = own_dataset(file, self.path, spec.name)
            except FileFormatError as damage:
                self._damaged(damage)
                continue
            if dataset is None:
                expected = spec.name == "charged_tracks" and counts_tracks and self.simulated
                if spec.required or expected:
                    self.lines.append(f"{what} is missing")
                continue
            if dataset.dtype != spec.dtype:
                self.lines.append(f"{what}: got type {dataset.dtype}; expected type {spec.dtype}")
            unit = dataset.attrs.get("unit", spec.unit)
            if unit != spec.unit:
                self.lines.append(f"{what}: got unit {unit!r}; expected unit {spec.unit!r}")
            cells = dataset.shape[1] if self.detector is None and dataset.ndim == 2 else 0
            cells = cells if self.detector is None else self.detector.n_cells
            events = int(dataset.shape[0]) if dataset.ndim else 0
            if dataset.shape != spec.shape(events, cells):
                columns = "".join(f", {n}" for n in spec.shape(events, cells)[1:])
                self.lines.append(f"{what}: got shape {dataset.shape}; expected shape (events{columns})")
            elif dataset.dtype.kind in "fiu":
                lengths[spec.name] = events
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {n}" for name, n in lengths.items())
            self.lines.append(f"datasets of different numbers of events: {told}")
        self.names = list(lengths)
        self.n_events = min(lengths.values(), default=0)

    def check_values(self, progress: Progress) -> None:
        """Read the file through and note what is wrong with its values."""
        if not self.names:
            return
        offences = Offences()
        rows = 4 * events_per_chunk(1 if self.detector is None else self.detector.n_cells)
        try:
            with open_hdf5(self.path) as file, reading(self.path):
                for start in range(0, self.n_events, rows):
                    stop = min(start + rows, self.n_events)
                    columns = {name: np.asarray(file[name][start:stop]) for name in self.names}
                    check_values(columns, start, offences, simulated=self.simulated)
                    self._check_places(columns, start, offences)
                    progress.advance(stop - start)
        except FileFormatError as damage:
            self._damaged(damage)
        self.lines += offences.lines()

    def _check_places(self, columns: dict[str, NDArray[Any]], start: int, offences: Offences) -> None:
        """Note deposits in places of the image where the detector has no cell."""
        if self.detector is None or self.detector.is_grid or "showers" not in columns:
            return
        values = columns["showers"]
        nowhere = (values != 0) & ~self.detector.cell_map.present
        offences.note("showers: a deposit where no cell is", nowhere, values, start)

    def event_ids(self) -> Iterator[NDArray[np.int64]]:
        """Event ids in portions."""
        with open_hdf5(self.path) as file, reading(self.path):
            for start in range(0, self.n_events, _IDS_A_PORTION):
                yield np.asarray(file["event_id"][start : start + _IDS_A_PORTION])


class _AllIds:
    """The event ids of all shards, as often as they are iterated over."""

    def __init__(self, shards: list[_ShardCheck]) -> None:
        self._shards = shards

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        for shard in self._shards:
            yield from shard.event_ids()


def _across(shards: list[_ShardCheck]) -> list[str]:
    """Check what concerns all shards together."""
    found = []
    first = next((shard for shard in shards if shard.detector is not None), None)
    for shard in shards:
        if first is None or shard.detector is None:
            continue
        if shard.detector != first.detector:
            found.append(f"{shard.path}: another detector than that of {first.path}")
        if shard.kind != first.kind:
            found.append(f"{shard.path}: another kind than that of {first.path}")
    with_ids = [shard for shard in shards if "event_id" in shard.names]
    ids = _AllIds(with_ids)
    try:
        surplus = repeated_ids(ids, sum(shard.n_events for shard in with_ids))
    except FileFormatError:
        return found  # the damage was told before
    if surplus:
        found.append(f"event_id: {surplus} event{'s' if surplus > 1 else ''} with the id of another event")
    return found
