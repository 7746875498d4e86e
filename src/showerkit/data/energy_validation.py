"""What is wrong with a file of reconstructed energies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.energy_file import EnergyFile
from showerkit.data.energy_schema import EVENTS_PER_CHUNK
from showerkit.data.value_checks import repeated_ids
from showerkit.errors import FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from showerkit.progress import Progress


def energy_violations(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find what is wrong with a file of reconstructed energies.

    Checked are attributes, datasets, and in every portion of the events the values: NaN, infinity, errors
    that are not above 0, intervals that end before they begin, negative true energies, repeated event ids.

    Parameters
    ----------
    path
        The file.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        The first offence of the structure, or of each portion of events; empty for a valid file.

    Examples
    --------
    >>> energy_violations("nowhere.h5")
    ['nowhere.h5: got no such file; expected an HDF5 file']
    """
    progress = progress or SilentProgress()
    found: list[str] = []
    try:
        with EnergyFile(path) as file:
            progress.start("validate", len(file), "events")
            for _ in file.readable(EVENTS_PER_CHUNK, found, progress):
                pass  # What a record checks is all there is to check of a portion.
            if not found and (surplus := repeated_ids(_Ids(file), len(file))):
                what = "event" if surplus == 1 else "events"
                found.append(f"{path}: event_id: {surplus} {what} with the id of another event")
            progress.finish()
    except FileFormatError as wrong:
        found.append(str(wrong))
    return found


class _Ids:
    """The event ids of a file, as often as they are iterated over."""

    def __init__(self, file: EnergyFile) -> None:
        self._file = file

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        for energies, _ in self._file.iterate():
            yield energies.event_id
