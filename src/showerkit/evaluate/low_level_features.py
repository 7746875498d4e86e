"""The cells of showers as features of a two-sample measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import ConfigurationError
from showerkit.evaluate.incident_features import incident_features

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.data.records import Showers
    from showerkit.typing import FloatArray


def log_cells(energy_mev: ArrayLike, threshold_mev: float = 0.1) -> FloatArray:
    r"""Logarithms of the cells' energies, 0 where a cell is not hit.

    .. math:: \log_{10} \max(E / E_\mathrm{threshold}, 1)

    A logarithm with a floor far below the threshold, as log(E + 1e-8), would make a distance count empty
    cells and little else.

    Parameters
    ----------
    energy_mev
        Energies of the cells in MeV, shape (N, cells).
    threshold_mev
        Least energy of a hit in MeV, above 0.

    Returns
    -------
    numpy.ndarray
        Features, shape (N, cells).

    Raises
    ------
    ConfigurationError
        If the threshold is not above 0.

    Examples
    --------
    >>> log_cells([[0.0, 0.1, 10.0]], threshold_mev=0.1).round(6).tolist()
    [[0.0, 0.0, 2.0]]
    """
    if not threshold_mev > 0.0:
        raise ConfigurationError(
            "threshold_mev",
            got=threshold_mev,
            expected="a value above 0 for logarithms of energies",
            mend="set the least energy that counts as a hit",
        )
    scaled = np.asarray(energy_mev, dtype=np.float64) / threshold_mev
    return np.log10(np.maximum(scaled, 1.0))


def low_level_features(showers: Showers, threshold_mev: float = 0.1) -> FloatArray:
    """Give a classifier the incident particle and every cell.

    Parameters
    ----------
    showers
        N showers.
    threshold_mev
        Least energy of a hit in MeV, above 0.

    Returns
    -------
    numpy.ndarray
        Features, shape (N, 5 + cells): `incident_features`, then `log_cells`.

    Raises
    ------
    ConfigurationError
        If the threshold is not above 0.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -202.0]])
    >>> low_level_features(Showers(one, [[10.0, 0.0]], [0])).tolist()
    [[3.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]]
    """
    return np.concatenate(
        [incident_features(showers.incident), log_cells(showers.energy_mev, threshold_mev)], axis=1
    )
