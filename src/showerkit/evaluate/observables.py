"""Per-event observables of a shower, vectorised over events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.typing import FloatArray

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.geometry.calorimeter import Calorimeter


@dataclass(frozen=True)
class ObservableInfo:
    """How an observable is called and drawn."""

    key: str
    label: str
    unit: str
    integer: bool = False
    needs_layers: bool = False


#: Observables whose distributions are compared, in the order of the report.
OBSERVABLES: Final = (
    ObservableInfo("total_mev", "Total deposited energy", "MeV"),
    ObservableInfo("response", "Deposited over incident energy", ""),
    ObservableInfo("hits", "Occupancy: number of hit cells", "cells", integer=True),
    ObservableInfo("hottest_share", "Share of the hottest cell", ""),
    ObservableInfo("offset_x_mm", "Shower centre minus entry point, x", "mm"),
    ObservableInfo("offset_y_mm", "Shower centre minus entry point, y", "mm"),
    ObservableInfo("width_mm", "Lateral width (RMS)", "mm"),
    ObservableInfo("depth_mm", "Energy-weighted depth", "mm", needs_layers=True),
)


@dataclass(frozen=True, eq=False)
class Observables:
    """Observables of N showers; NaN where one is not defined (an empty shower has no centre).

    Parameters
    ----------
    incident_mev
        Kinetic energy of the incident particle in MeV, shape (N,); so are all others.
    total_mev
        Deposited energy in MeV.
    response
        Deposited over incident energy; NaN for an incident energy of zero.
    hits
        Number of cells above the threshold.
    hottest_share
        Largest deposit over the total.
    centre_x_mm, centre_y_mm
        Energy-weighted mean of the cells' positions in mm.
    offset_x_mm, offset_y_mm
        Centre minus the point where the line of flight crosses the face, in mm.
    width_mm
        Energy-weighted RMS distance of the cells from the centre, in mm.
    depth_mm
        Energy-weighted mean depth of the cells, in mm.
    """

    incident_mev: FloatArray
    total_mev: FloatArray
    response: FloatArray
    hits: FloatArray
    hottest_share: FloatArray
    centre_x_mm: FloatArray
    centre_y_mm: FloatArray
    offset_x_mm: FloatArray
    offset_y_mm: FloatArray
    width_mm: FloatArray
    depth_mm: FloatArray

    def __len__(self) -> int:
        return len(self.incident_mev)

    @property
    def n_empty(self) -> int:
        """Number of showers without any deposit."""
        return int((self.total_mev == 0.0).sum())

    def values(self, key: str) -> FloatArray:
        """One observable by name, shape (N,)."""
        column: FloatArray = getattr(self, key)
        return column


def shower_observables(showers: Showers, detector: Calorimeter, threshold_mev: float) -> Observables:
    r"""Compute the observables of showers.

    The centre is :math:`c = \sum_i E_i r_i / \sum_i E_i` over the cells i at r_i = (x, y), the width
    :math:`\sqrt{\sum_i E_i |r_i|^2 / \sum_i E_i - |c|^2}`.

    Parameters
    ----------
    showers
        N showers.
    detector
        Their calorimeter.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.

    Returns
    -------
    Observables
        One value of each per shower.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> from showerkit.geometry import load_detector
    >>> zdc = load_detector("zdc-ecal")
    >>> energy = np.zeros((1, zdc.n_cells))
    >>> energy[0, zdc.index(0, 10, 10)] = 500.0
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> seen = shower_observables(Showers(one, energy, [0]), zdc, 0.1)
    >>> float(seen.response[0]), float(seen.hits[0]), round(float(seen.centre_x_mm[0]), 2)
    (0.5, 1.0, 15.15)
    """
    energy = showers.energy_mev.astype(np.float64)
    x, y, z = detector.cell_positions_mm.T
    moments = energy @ np.stack([np.ones_like(x), x, y, x**2 + y**2, z], axis=1)
    total = moments[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total[:, None] > 0, moments / total[:, None], np.nan)
        hottest = np.where(total > 0, energy.max(axis=1) / total, np.nan)
        incident = showers.incident.energy_mev.astype(np.float64)
        response = np.where(incident > 0, total / incident, np.nan)
    centre_x, centre_y = share[:, 1], share[:, 2]
    entry = showers.incident.entry_point_mm()
    return Observables(
        incident_mev=incident,
        total_mev=total,
        response=response,
        hits=(showers.energy_mev > threshold_mev).sum(axis=1).astype(np.float64),
        hottest_share=hottest,
        centre_x_mm=centre_x,
        centre_y_mm=centre_y,
        offset_x_mm=centre_x - entry[:, 0],
        offset_y_mm=centre_y - entry[:, 1],
        # Rounding can make the variance of a one-cell shower slightly negative.
        width_mm=np.sqrt(np.maximum(share[:, 3] - centre_x**2 - centre_y**2, 0.0)),
        depth_mm=share[:, 4],
    )


def join_observables(parts: list[Observables]) -> Observables:
    """Join observables of successive batches in order."""
    return Observables(
        *(np.concatenate([part.values(field.name) for part in parts]) for field in fields(Observables))
    )
