"""The incident particle as features of a two-sample measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from showerkit.data.records import IncidentParticles
    from showerkit.typing import FloatArray

#: Names of the features, in order.
INCIDENT_FEATURES: Final = ("log10_incident_mev", "direction_x", "direction_y", "entry_x_mm", "entry_y_mm")


def incident_features(incident: IncidentParticles) -> FloatArray:
    """Describe incident particles: logarithm of the energy, direction and point of entry.

    With them among its inputs, a classifier compares showers of like incident particles, and a distance
    sees how showers follow the incident particle. What does not vary is a constant and without effect.

    Parameters
    ----------
    incident
        N incident particles.

    Returns
    -------
    numpy.ndarray
        Features named in `INCIDENT_FEATURES`, shape (N, 5); the point of entry is (0, 0) for a particle
        that flies past the face, and energies below 1 keV count as 1 keV.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> one = IncidentParticles([11], [100.0], [[0.0, 0.0, 100.5]], [[3.0, 0.0, -202.0]])
    >>> incident_features(one).tolist()
    [[2.0, 0.0, 0.0, 3.0, 0.0]]
    """
    log_energy = np.log10(np.maximum(incident.energy_mev.astype(np.float64), 1e-3))
    entry = np.nan_to_num(incident.entry_point_mm())
    return np.column_stack([log_energy, incident.direction[:, :2], entry])
