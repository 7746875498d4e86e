"""Particles that reached the calorimeter's face and were taken out of the simulation there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from showerkit.data.records import IncidentParticles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FaceParticles:
    """Particles at the face, several or none an event, ordered by event and, within it, by Geant4.

    Parameters
    ----------
    row
        Row of the event that each belongs to, rising, shape (K,).
    incident
        The particles at z = 0, K of them.

    Examples
    --------
    >>> two = IncidentParticles([11, 22], [5.0, 6.0], [[0, 0, 5.5], [0, 0, 6.0]], [[0, 0, 0]] * 2)
    >>> FaceParticles(np.array([4, 4]), two).number.tolist()
    [0, 1]
    """

    row: NDArray[np.int64]
    incident: IncidentParticles

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild them from what a worker sends."""
        columns = [arrays[f"face_{name}"] for name in ("pdg", "energy_mev", "momentum_mev", "position_mm")]
        return cls(np.asarray(arrays["face_row"], dtype=np.int64), IncidentParticles(*columns))

    @classmethod
    def joined(cls, parts: Sequence[Self], events: Sequence[int]) -> Self:
        """Join the particles of blocks of events that follow one another.

        Parameters
        ----------
        parts
            The particles of each block, rows counted from its first event.
        events
            Number of events of each block.
        """
        first = np.cumsum([0, *events[:-1]])
        row = np.concatenate([part.row + begin for part, begin in zip(parts, first, strict=True)])
        columns = [
            np.concatenate([getattr(part.incident, field.name) for part in parts])
            for field in fields(IncidentParticles)
        ]
        return cls(row, IncidentParticles(*columns))

    def __len__(self) -> int:
        return len(self.row)

    @property
    def number(self) -> NDArray[np.int64]:
        """Number of each particle within its event, from 0, shape (K,)."""
        first = np.searchsorted(self.row, self.row, side="left")
        return np.arange(len(self.row)) - first
