r"""The resolution that residuals show, as a stochastic, a constant and a noise term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import DataError
from showerkit.train.energy_checkpoint import ResolutionTerms

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

_ROUNDS: Final = 40
#: In so many rounds at the beginning every residual counts in full.
_FIRST_ROUNDS: Final = 10
#: Later on residuals beyond so many standard errors count as if they were at them.
_FARTHEST: Final = 3.0
#: Below this share of the highest energy, sigma is that of this energy.
_LEAST_SHARE: Final = 0.01
#: Variances below this share of the mean one do not get more weight.
_LEAST_VARIANCE: Final = 1.0e-3


def fit_resolution(predicted_mev: FloatArray, residual_mev: FloatArray) -> ResolutionTerms:
    r"""Fit :math:`\sigma^2 = a^2 E + b^2 E^2 + c^2` to residuals, E being the predicted energy.

    The likelihood of Gaussian residuals with mean 0 is maximised: least squares of the squared residuals,
    weighted by :math:`1/\sigma^4` of the round before (Fisher's scoring), with no term below 0.
    Source: P. McCullagh and J. Nelder, Generalized Linear Models, 2nd ed., 1989, chapter 10.
    Residuals beyond three standard errors count as three (which lowers a Gaussian's variance by 0.5 %), since
    a few jets or showers that are far off at low energy would bend the whole curve.

    Parameters
    ----------
    predicted_mev, residual_mev
        Predicted energies and predicted minus true energies in MeV, shape (N,).

    Returns
    -------
    ResolutionTerms
        The terms.

    Raises
    ------
    DataError
        If there are no residuals, or all are 0.

    Examples
    --------
    >>> energy = np.linspace(1000.0, 10000.0, 2001)
    >>> sign = (-1.0) ** np.arange(2001)
    >>> terms = fit_resolution(energy, sign * np.sqrt(4.0 * energy + 100.0**2))
    >>> round(terms.stochastic, 3), round(terms.constant, 3), round(terms.noise_mev, 1)
    (2.0, 0.0, 100.0)
    """
    from scipy.optimize import nnls

    square = np.square(residual_mev, dtype=np.float64)
    mean = float(square.mean()) if len(square) else 0.0
    highest = float(np.max(predicted_mev, initial=0.0))
    if not (mean > 0.0 and np.isfinite(mean) and highest > 0.0):
        raise DataError("residuals", got="none that differ from 0", expected="energies with errors")
    least_mev = _LEAST_SHARE * highest
    share = np.maximum(predicted_mev, least_mev) / highest
    # Columns and squares of order one.
    columns = np.stack([share, share**2, np.ones_like(share)], axis=1)
    target = square / mean
    variance = np.ones_like(target)
    for number in range(_ROUNDS):
        weight = 1.0 / np.maximum(variance, _LEAST_VARIANCE)
        near = target if number < _FIRST_ROUNDS else np.minimum(target, _FARTHEST**2 / weight)
        found, _ = nnls(columns * weight[:, None], near * weight)
        variance = columns @ found
    a2, b2, c2 = (mean * found).tolist()
    return ResolutionTerms(
        stochastic=float(np.sqrt(a2 / highest)),
        constant=float(np.sqrt(b2) / highest),
        noise_mev=float(np.sqrt(c2)),
        least_energy_mev=least_mev,
    )


def sigma_of(terms: ResolutionTerms, energy_mev: FloatArray) -> FloatArray:
    """Compute the standard error in MeV of energies in MeV, shape (N,)."""
    energy = np.maximum(energy_mev, terms.least_energy_mev)
    variance = terms.stochastic**2 * energy + (terms.constant * energy) ** 2 + terms.noise_mev**2
    sigma: FloatArray = np.sqrt(variance)
    return sigma
