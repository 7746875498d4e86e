"""A file that showers come from, whatever its form: read portion by portion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from showerkit.data.records import IncidentParticles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Any

    from numpy.typing import NDArray

    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata


class ShowerSource(Protocol):
    """An opened sample of showers; a context manager.

    Parameters
    ----------
    path
        The file or folder.
    form
        What its form is called.
    metadata
        What a file of showerkit would say about it.
    """

    path: Path
    form: str
    metadata: FileMetadata

    def __len__(self) -> int: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def portions(self) -> Iterator[Showers]:
        """All showers in order, a few megabytes at a time."""
        ...

    def notes(self) -> list[str]:
        """Say in a line each what of the file could not be kept, after it was read."""
        ...


def incident_along(
    pdg: NDArray[Any],
    mass_mev: NDArray[Any] | float,
    energy_mev: NDArray[Any],
    direction: NDArray[Any],
    position_mm: NDArray[Any] | None = None,
) -> IncidentParticles:
    r"""Make incident particles of kinetic energies and directions.

    .. math:: p = \sqrt{T (T + 2 m)}

    Parameters
    ----------
    pdg
        Particle Data Group codes, shape (N,).
    mass_mev
        Masses in MeV, shape (N,) or one for all.
    energy_mev
        Kinetic energies T in MeV, shape (N,).
    direction
        Unit vectors, shape (N, 3).
    position_mm
        Start positions in mm, shape (N, 3); by default the middle of the detector's face.

    Returns
    -------
    IncidentParticles
        The particles.

    Examples
    --------
    >>> one = incident_along(np.array([22]), 0.0, np.array([5.0]), np.array([[0.0, 0.0, 1.0]]))
    >>> one.momentum_mev.tolist()
    [[0.0, 0.0, 5.0]]
    """
    kinetic = np.asarray(energy_mev, dtype=np.float64)
    momentum = np.sqrt(kinetic * (kinetic + 2.0 * np.asarray(mass_mev)))
    start = np.zeros((len(kinetic), 3)) if position_mm is None else position_mm
    return IncidentParticles(
        np.asarray(pdg, np.int32),
        np.asarray(kinetic, np.float32),
        np.asarray(momentum[:, None] * direction, np.float32),
        np.asarray(start, np.float32),
    )
