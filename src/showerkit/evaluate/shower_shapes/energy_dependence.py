"""How the parameters of the longitudinal profile depend on the incident energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


@dataclass(frozen=True)
class CommonValue:
    """A parameter that is taken to be the same at all energies.

    Parameters
    ----------
    value, error
        Weighted mean and its standard error.
    spread
        Standard deviation of the bins' values.
    chi2, ndf
        Agreement of the bins with the mean.
    """

    value: float
    error: float
    spread: float
    chi2: float
    ndf: int


@dataclass(frozen=True)
class LogarithmicRise:
    """A straight line against ln(E / 1 GeV): value = at_1_gev + slope ln(E / GeV).

    Parameters
    ----------
    at_1_gev, at_1_gev_error
        Value at 1 GeV and its standard error.
    slope, slope_error
        Slope per unit of ln E and its standard error.
    chi2, ndf
        Agreement of the bins with the line, by their statistical errors.
    """

    at_1_gev: float
    at_1_gev_error: float
    slope: float
    slope_error: float
    chi2: float
    ndf: int


def common_value(values: FloatArray, errors: FloatArray) -> CommonValue:
    """Mean of a parameter over bins, weighted with the inverse squares of its errors.

    Examples
    --------
    >>> common_value(np.array([1.0, 3.0]), np.array([1.0, 1.0])).value
    2.0
    """
    weight = 1.0 / np.square(np.maximum(errors, 1.0e-12))
    mean = float(np.average(values, weights=weight))
    chi2 = float((weight * np.square(values - mean)).sum())
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return CommonValue(mean, float(1.0 / np.sqrt(weight.sum())), spread, chi2, len(values) - 1)


def logarithmic_rise(
    energy_gev: FloatArray, values: FloatArray, errors: FloatArray
) -> LogarithmicRise | None:
    """Fit a straight line against ln E; None with fewer than two energies.

    Examples
    --------
    >>> line = logarithmic_rise(np.exp([0.0, 1.0, 2.0]), np.array([4.0, 5.0, 6.0]), np.ones(3))
    >>> round(line.slope, 6), round(line.at_1_gev, 6)
    (1.0, 4.0)
    """
    if len(values) < 2:
        return None
    sigma = np.maximum(errors, 1.0e-12)
    design = np.stack([np.ones(len(values)), np.log(energy_gev)], axis=1)
    white = design / sigma[:, None]
    covariance = np.linalg.pinv(white.T @ white, hermitian=True)
    best = covariance @ (white.T @ (values / sigma))
    chi2 = float(np.square((values - design @ best) / sigma).sum())
    error = np.sqrt(np.diag(covariance))
    return LogarithmicRise(
        float(best[0]), float(error[0]), float(best[1]), float(error[1]), chi2, len(values) - 2
    )
