"""Make predicted standard errors as large as the errors are, in bins of what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.train.jet_error_config import SigmaCalibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.typing import FloatArray

#: Floors that are tried, in root mean square residuals of the bin.
_FLOORS: Final = (0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
#: Of residuals that are all 0 no logarithm is taken.
_LEAST: Final = 1.0e-12


def fit_sigma_calibration(
    sigma_mev: FloatArray,
    residual_mev: FloatArray,
    energy_mev: FloatArray,
    inner_edges_mev: Sequence[float] = (),
    *,
    floored: bool = True,
) -> SigmaCalibration:
    r"""Find :math:`\sigma' = s \sqrt{\sigma^2 + f^2}` in each bin, with pulls of root mean square 1.

    A predicted sigma far too small makes a pull that all others pay for, if they have but a common factor;
    the correction of the response divides sigmas by twenty where it is flat. The floor f makes the likelihood
    of Gaussian residuals with mean 0 largest; a floor far above all sigmas is one sigma for the bin.

    Parameters
    ----------
    sigma_mev, residual_mev, energy_mev
        Predicted sigmas, predicted minus true energies and predicted energies in MeV, shape (N,), of events
        that the measurement has not learned from.
    inner_edges_mev
        Rising edges between bins of the predicted energy; () for one bin. None may be empty.
    floored
        Whether there is a floor; else it is 0.

    Returns
    -------
    SigmaCalibration
        The floors and factors.

    Examples
    --------
    >>> sigma, sign = np.repeat([1.0, 3.0], 500), np.tile([-1.0, 1.0], 500)
    >>> found = fit_sigma_calibration(sigma, 2.0 * sigma * sign, np.full(1000, 50.0))
    >>> found.floors_mev, [round(scale, 6) for scale in found.scales]
    ((0.0,), [2.0])
    """
    places = np.searchsorted(np.asarray(inner_edges_mev), energy_mev, side="right")
    floors, scales = [], []
    for number in range(len(inner_edges_mev) + 1):
        inside = places == number
        square, residual = np.square(sigma_mev[inside]), residual_mev[inside]
        typical = max(float(np.sqrt(np.mean(residual**2))), _LEAST)
        best = (np.inf, 0.0, 1.0)
        for floor in _FLOORS if floored else (0.0,):
            wide = np.maximum(square + (floor * typical) ** 2, _LEAST**2)
            scale = max(float(np.sqrt(np.mean(residual**2 / wide))), _LEAST)
            # With pulls of root mean square 1 the exponent is the same for all.
            cost = float(np.mean(np.log(wide))) + 2.0 * np.log(scale)
            best = min(best, (cost, floor * typical, scale))
        floors.append(best[1])
        scales.append(best[2])
    return SigmaCalibration(
        inner_edges_mev=tuple(inner_edges_mev), floors_mev=tuple(floors), scales=tuple(scales)
    )


def calibrated_sigma(
    calibration: SigmaCalibration, sigma_mev: FloatArray, energy_mev: FloatArray
) -> FloatArray:
    """Apply the calibration to sigmas at predicted energies in MeV, shape (N,) each."""
    places = np.searchsorted(np.asarray(calibration.inner_edges_mev), energy_mev, side="right")
    floor, scale = np.asarray(calibration.floors_mev)[places], np.asarray(calibration.scales)[places]
    found: FloatArray = scale * np.hypot(sigma_mev, floor)
    return found
