"""Calibrate what is said of errors: pulls of width 1, and intervals that cover what they should."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import DataError
from showerkit.reconstruct.conformal import ConformalIntervals, calibrate_quantiles, calibrate_sigma
from showerkit.reconstruct.residual_resolution import fit_resolution, sigma_of

if TYPE_CHECKING:
    from showerkit.reconstruct.energy_measurement import MeasuredEnergies
    from showerkit.train.energy_baseline_recipe import IntervalSettings
    from showerkit.train.energy_checkpoint import ResolutionTerms
    from showerkit.typing import FloatArray


@dataclass(frozen=True)
class CalibratedErrors:
    """How errors follow from what is measured.

    Parameters
    ----------
    resolution
        Standard error as a function of the measured energy; None: the measurement tells it.
    sigma_scale
        Factor on it.
    intervals
        The intervals.
    """

    resolution: ResolutionTerms | None
    sigma_scale: float
    intervals: ConformalIntervals

    def sigma_mev(self, measured: MeasuredEnergies) -> FloatArray:
        """Give the standard errors in MeV, shape (N,)."""
        return self.sigma_scale * _uncalibrated(measured, self.resolution)


def calibrate_errors(
    measured: MeasuredEnergies, true_mev: FloatArray, settings: IntervalSettings
) -> CalibratedErrors:
    """Calibrate sigmas and intervals on events that the measurement has not learned from.

    Parameters
    ----------
    measured
        What is said of the events.
    true_mev
        Their true energies in MeV, shape (N,).
    settings
        Coverage, and number of bins of measured energy.

    Returns
    -------
    CalibratedErrors
        Sigma is a fit to the residuals if the measurement has none, and scaled by the spread of the pulls.

    Raises
    ------
    DataError
        If there are too few events.
    """
    residual = measured.energy_mev - true_mev
    if len(residual) < 2:
        raise DataError(
            "calibration events",
            got=len(residual),
            expected="at least 2",
            mend="train on more showers, or raise data.calibration_fraction",
        )
    resolution = fit_resolution(measured.energy_mev, residual) if measured.sigma_mev is None else None
    sigma = _uncalibrated(measured, resolution)
    scale = float(np.std(residual / sigma))
    edges = _edges(measured.energy_mev, settings.bins)
    if measured.lower_mev is not None and measured.upper_mev is not None:
        intervals = calibrate_quantiles(
            true_mev,
            measured.lower_mev,
            measured.upper_mev,
            measured.energy_mev,
            coverage=settings.coverage,
            inner_edges_mev=edges,
        )
    else:
        intervals = calibrate_sigma(
            true_mev,
            measured.energy_mev,
            scale * sigma,
            coverage=settings.coverage,
            inner_edges_mev=edges,
        )
    return CalibratedErrors(resolution, scale, intervals)


def _uncalibrated(measured: MeasuredEnergies, resolution: ResolutionTerms | None) -> FloatArray:
    if resolution is not None:
        return sigma_of(resolution, measured.energy_mev)
    if measured.sigma_mev is None:
        raise DataError("measured energies", got="no sigmas and no resolution", expected="either")
    return measured.sigma_mev


def _edges(energy_mev: FloatArray, bins: int) -> tuple[float, ...]:
    """Edges between bins of equally many events; fewer bins where energies coincide, none of them empty."""
    edges = np.unique(np.quantile(energy_mev, np.arange(1, bins) / bins, method="higher"))
    return tuple(edges[edges > energy_mev.min()].tolist())
