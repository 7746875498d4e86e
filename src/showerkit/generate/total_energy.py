"""Give showers the total energy that was drawn for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def with_total(
    energy_mev: NDArray[np.float32],
    total_mev: NDArray[np.float64],
    *,
    least_mev: float,
    most_mev: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Scale the hit cells of each shower to a total; empty cells stay empty.

    Parameters
    ----------
    energy_mev
        Cell energies in MeV, 0 where a cell is not hit, shape (N, cells).
    total_mev
        The totals in MeV, shape (N,).
    least_mev
        A hit holds at least this.
    most_mev
        A shower, and so a cell, holds at most this, shape (N,).

    Returns
    -------
    numpy.ndarray
        Cell energies in MeV, shape (N, cells). Their sum is the total but for hits that would fall below the
        least, and showers without hits.

    Examples
    --------
    >>> shower = np.float32([[10.0, 0.0, 30.0]])
    >>> with_total(shower, np.array([80.0]), least_mev=0.1, most_mev=np.array([100.0])).tolist()
    [[20.0, 0.0, 60.0]]
    """
    hit = energy_mev > 0.0
    before = energy_mev.sum(axis=1, dtype=np.float64)
    factor = np.minimum(total_mev, most_mev) / np.where(before > 0.0, before, 1.0)
    scaled = np.clip(energy_mev * factor[:, None], least_mev, most_mev[:, None])
    return np.where(hit, scaled, 0.0).astype(np.float32)
