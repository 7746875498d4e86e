"""Showers as a detector with a threshold reads them out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.data.records import Showers


def hits_of(showers: Showers, threshold_mev: float) -> Showers:
    """Set the deposits that are not above a threshold in MeV to 0.

    A generator of hits makes no others. Where a simulation has them, a layer without a hit still has a centre
    and a width, by which a classifier knows every shower.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> hits_of(Showers(one, np.array([[0.05, 2.0]]), [0]), 0.1).energy_mev.tolist()
    [[0.0, 2.0]]
    """
    energy = showers.energy_mev
    return replace(showers, energy_mev=np.where(energy > threshold_mev, energy, energy.dtype.type(0.0)))
