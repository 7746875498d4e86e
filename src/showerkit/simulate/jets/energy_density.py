"""How much transverse momentum lies beside the jets of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.simulate.jets.kinematics import azimuth, pseudorapidity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.simulate.jets.visible_particles import VisibleParticles

_ABS_ETA_MAX: Final = 2.5
_ROWS: Final = 10
_COLUMNS: Final = 12


def median_density(particles: VisibleParticles) -> NDArray[np.float64]:
    """Compute the median over patches of the transverse momentum per area.

    rho = median over patches of (sum of pT in the patch / its area), with 10 x 12 patches of 0.5 x 0.52 in
    |eta| < 2.5: a measure of pile-up that jets hardly change (Cacciari and Salam, 2008, with patches in
    the place of jets).

    Parameters
    ----------
    particles
        What the detector sees of some events.

    Returns
    -------
    numpy.ndarray
        rho of each event in GeV per unit of area, shape (events,).
    """
    eta, phi = pseudorapidity(particles.momenta_gev), azimuth(particles.momenta_gev)
    within = np.abs(eta) < _ABS_ETA_MAX
    row = np.floor((eta[within] + _ABS_ETA_MAX) / (2.0 * _ABS_ETA_MAX) * _ROWS).astype(np.int64)
    column = np.floor(phi[within] / (2.0 * np.pi) * _COLUMNS).astype(np.int64) % _COLUMNS
    patch = (particles.event[within] * _ROWS + np.minimum(row, _ROWS - 1)) * _COLUMNS + column
    pt = np.hypot(particles.momenta_gev[within, 0], particles.momenta_gev[within, 1])
    n_events = len(particles.counts)
    sums = np.bincount(patch, weights=pt, minlength=n_events * _ROWS * _COLUMNS)
    area = 2.0 * _ABS_ETA_MAX / _ROWS * 2.0 * np.pi / _COLUMNS
    return np.asarray(np.median(sums.reshape(n_events, -1), axis=1) / area, dtype=np.float64)
