"""Draw total energies, and give showers the total that was drawn for them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.models.total_energy_flow import TotalEnergyFlow


class DrawnTotal:
    """Total energies from a flow, each depending on its random number and its particle alone.

    Parameters
    ----------
    flow
        The flow.
    most_events
        The flow always sees so many events, of which no more can be asked for at once.
    """

    def __init__(self, flow: TotalEnergyFlow, *, most_events: int) -> None:
        # On the processor and in double precision, wherever the network is: it costs next to nothing.
        self._flow = copy.deepcopy(flow).cpu().double().eval()
        self._most_events = most_events

    def __call__(
        self,
        condition: NDArray[np.float32],
        incident_mev: NDArray[np.float64],
        normal: NDArray[np.floating],
    ) -> NDArray[np.float64]:
        """Draw a total energy for every event.

        Parameters
        ----------
        condition
            The network's inputs, shape (N, inputs).
        incident_mev
            Incident energies in MeV, shape (N,).
        normal
            Standard normal numbers, shape (N,).

        Returns
        -------
        numpy.ndarray
            Total energies in MeV, shape (N,).
        """
        n, most = len(normal), self._most_events
        inputs = torch.zeros(most, condition.shape[1], dtype=torch.float64)
        inputs[:n] = torch.from_numpy(condition)
        incident = torch.ones(most, dtype=torch.float64)
        incident[:n] = torch.from_numpy(incident_mev)
        given = torch.zeros(most, dtype=torch.float64)
        given[:n] = torch.from_numpy(normal)
        with torch.inference_mode():
            total_mev: NDArray[np.float64] = self._flow.total_mev(inputs, incident, given)[:n].numpy()
        return total_mev


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
        A hit holds at least this, in MeV.
    most_mev
        A shower, and so a cell, holds at most this, in MeV, shape (N,).

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
