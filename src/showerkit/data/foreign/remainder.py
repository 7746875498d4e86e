"""What a foreign file has no place for, kept in it beside: attributes and a group of its own.

Other readers of the file pass over them; with them, a shower file that was converted and is converted
back is the same as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np

from showerkit.data.column_writer import Column
from showerkit.data.own_dataset import own_dataset
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.schema import DATASETS, events_per_portion, metadata_from_attributes
from showerkit.data.shower_writer import column_of
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.schema import FileMetadata

_GROUP: Final = "showerkit"
_PREFIX: Final = "showerkit_"
#: What every form has a place for.
_KNOWN: Final = ("incident_energies", "showers")
_KEPT: Final = tuple(spec for spec in DATASETS if spec.name not in _KNOWN)


def remainder_attributes(metadata: FileMetadata) -> dict[str, str | int]:
    """Give the attributes that say what a shower file says about itself."""
    return {f"{_PREFIX}{name}": value for name, value in metadata.to_attributes().items()}


def remainder_names(showers: Showers) -> tuple[str, ...]:
    """Names of the datasets to keep of these showers."""
    return tuple(spec.name for spec in _KEPT if column_of(showers, spec) is not None)


def remainder_columns(names: Collection[str], cells: int) -> list[Column]:
    """Describe the datasets to keep."""
    return [
        Column(
            f"{_GROUP}/{spec.name}",
            spec.dtype,
            spec.shape(0, cells)[1:],
            events_per_portion(cells),
            spec.unit,
        )
        for spec in _KEPT
        if spec.name in names
    ]


def remainder_values(showers: Showers) -> dict[str, NDArray[Any]]:
    """Give the arrays to keep, by the names of their datasets in the file."""
    found = {f"{_GROUP}/{spec.name}": column_of(showers, spec) for spec in _KEPT}
    return {name: values for name, values in found.items() if values is not None}


class Remainder:
    """What an opened foreign file keeps for showerkit.

    Parameters
    ----------
    file
        The opened file, in which `holds_remainder` is true.
    path
        Its name, for messages.
    n
        Number of showers in it.

    Raises
    ------
    FileFormatError
        If it is not whole.
    """

    def __init__(self, file: h5py.File, path: Path, n: int) -> None:
        attributes = {
            name.removeprefix(_PREFIX): value
            for name, value in file.attrs.items()
            if name.startswith(_PREFIX)
        }
        self.metadata = metadata_from_attributes(attributes, str(path))
        cells = self.metadata.detector.n_cells
        self._path, self._datasets = path, {}
        for spec in _KEPT:
            name = f"{_GROUP}/{spec.name}"
            found = own_dataset(file, path, name)
            if found is None and not spec.required:
                continue
            shape = None if found is None else found.shape
            if found is None or shape != spec.shape(n, cells) or found.dtype != spec.dtype:
                raise FileFormatError(
                    f"{path}: dataset '{name}'",
                    got="none" if found is None else f"shape {shape} and type {found.dtype}",
                    expected=f"shape {spec.shape(n, cells)} and type {spec.dtype}, by the file's showers",
                    mend=f"remove the group '{_GROUP}' and the attributes '{_PREFIX}...' if the showers "
                    "are others now",
                )
            self._datasets[spec.name] = found

    def showers(self, start: int, stop: int, energy_mev: NDArray[Any], incident_mev: NDArray[Any]) -> Showers:
        """Complete showers start to stop.

        Parameters
        ----------
        start, stop
            First and last-plus-one row.
        energy_mev
            Their deposits in MeV, shape (n, cells).
        incident_mev
            Their incident energies in MeV, shape (n,).
        """
        kept = {name: np.asarray(found[start:stop]) for name, found in self._datasets.items()}
        incident = IncidentParticles(
            kept["incident_pdg"],
            np.asarray(incident_mev, np.float32),
            kept["incident_momentum"],
            kept["incident_position"],
        )
        return Showers(
            incident,
            np.asarray(energy_mev, np.float32),
            kept["event_id"],
            kept.get("charged_tracks"),
            kept.get("mask_probability"),
        )


def holds_remainder(file: h5py.File) -> bool:
    """Whether a foreign file keeps what only showerkit's own files have a place for."""
    return f"{_PREFIX}schema" in file.attrs
