"""Lines of flight as a frame of cells sees them: slopes, and a place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles


@dataclass(frozen=True, eq=False, kw_only=True)
class LinesOfFlight:
    """Where N particles fly.

    Parameters
    ----------
    offset_x, offset_y
        Where they cross the plane that tells their place, from the frame's origin in cells, shape (N,).
    slope_x, slope_y
        px / pz and py / pz in the frame, shape (N,).
    """

    offset_x: NDArray[np.float64]
    offset_y: NDArray[np.float64]
    slope_x: NDArray[np.float64]
    slope_y: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.offset_x)

    def __getitem__(self, index: slice | NDArray[np.generic]) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def slopes_and_crossings(
    incident: IncidentParticles, depth_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Follow :math:`x(z) = x_0 + (z - z_0)\,p_x/p_z` to a depth.

    Parameters
    ----------
    incident
        The incident particles, N of them.
    depth_mm
        Depth behind the front face, in mm.

    Returns
    -------
    tuple of numpy.ndarray
        Slopes px / pz and py / pz, and the place (x, y) at that depth in mm, shape (N, 2) each.

    Raises
    ------
    DataError
        If a particle does not fly in the direction of z, towards the detector.
    """
    direction = incident.direction
    backward = direction[:, 2] <= 0.0
    if backward.any():
        bad = int(np.argmax(backward))
        raise DataError(
            f"momentum_mev[{bad}]",
            got=f"pz = {incident.momentum_mev[bad, 2]:g} MeV",
            expected="pz above 0, towards the detector",
        )
    slopes = direction[:, :2] / direction[:, 2:]
    position = incident.position_mm.astype(np.float64)
    return slopes, position[:, :2] + (depth_mm - position[:, 2:]) * slopes
