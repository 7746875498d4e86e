"""Errors and intervals of calibrated jets, in bins of |eta| and of the calibrated pT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.logarithmic_bins import logarithmic_bins
from showerkit.errors import DataError
from showerkit.reconstruct.conformal import ConformalIntervals, EnergyIntervals, calibrate_sigma
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.jet_response import eta_bin_numbers, jet_rows
from showerkit.reconstruct.residual_resolution import fit_resolution, sigma_of
from showerkit.reconstruct.sigma_calibration import calibrated_sigma, fit_sigma_calibration
from showerkit.train.jet_error_config import JetErrorBins, JetErrors

if TYPE_CHECKING:
    from showerkit.train.jet_error_config import JetIntervalSettings
    from showerkit.typing import FloatArray

#: Fewest calibration jets in a bin of |eta|.
_FEWEST_IN_ETA: Final = 400
#: Fewest in a bin of pT within it, for an interval, and for a sigma: pulls have tails (a fourth moment of
#: 15), so that a few hundred jets tell their width to a tenth, and sigmas are too small for others.
_FEWEST_IN_PT: Final = 100
_FEWEST_FOR_SIGMA: Final = 1000


def calibrate_jet_errors(
    settings: JetIntervalSettings, measured: MeasuredEnergies, true_mev: FloatArray, eta: FloatArray
) -> JetErrorBins:
    """Calibrate errors and intervals on jets that the measurement has not learned from.

    Where the measurement predicts a sigma for each jet, it is calibrated in each bin of |eta| and pT
    (`showerkit.reconstruct.sigma_calibration`); else a function of pT is fitted in each bin of |eta|.

    Parameters
    ----------
    settings
        Coverage and bins.
    measured
        What is said of the pT of N jets, as energies.
    true_mev, eta
        Their true pT in MeV and measured pseudorapidities, shape (N,).

    Returns
    -------
    JetErrorBins
        What to say in each bin of |eta|; a bin with too few jets gets that of the nearest one with enough,
        and all the same if none has.

    Raises
    ------
    DataError
        If there are too few jets for intervals with that coverage.
    """
    if len(true_mev) < 2:
        raise DataError(
            "calibration jets",
            got=len(true_mev),
            expected="at least 2",
            mend="train on more jets, or raise data.calibration_fraction",
        )
    bins = len(settings.abs_eta_edges) - 1
    places = eta_bin_numbers(eta, settings.abs_eta_edges)
    filled = np.flatnonzero(np.bincount(places, minlength=bins) >= _FEWEST_IN_ETA)
    if len(filled) == 0:
        return JetErrorBins(
            abs_eta_edges=settings.abs_eta_edges, errors=(_errors_of(settings, measured, true_mev),) * bins
        )
    found = {
        int(number): _errors_of(settings, jet_rows(measured, places == number), true_mev[places == number])
        for number in filled
    }
    nearest = [int(filled[np.argmin(np.abs(filled - number))]) for number in range(bins)]
    return JetErrorBins(
        abs_eta_edges=settings.abs_eta_edges, errors=tuple(found[number] for number in nearest)
    )


def jet_errors(
    bins: JetErrorBins, measured: MeasuredEnergies, eta: FloatArray
) -> tuple[FloatArray, EnergyIntervals]:
    """Say how large the errors of jets are, and where their true pT are.

    Parameters
    ----------
    bins
        What to say in each bin of |eta|.
    measured
        What is said of the pT of N jets, as energies.
    eta
        Their measured pseudorapidities, shape (N,).

    Returns
    -------
    tuple
        Standard errors in MeV, shape (N,), and intervals.
    """
    places = eta_bin_numbers(eta, bins.abs_eta_edges)
    sigma, low, high = (np.zeros(len(places)) for _ in range(3))
    for number, errors in enumerate(bins.errors):
        rows = np.flatnonzero(places == number)
        part = jet_rows(measured, rows)
        sigma[rows] = calibrated_sigma(errors.sigma, _predicted(errors, part), part.energy_mev)
        intervals = ConformalIntervals.from_dict(errors.intervals)
        low[rows], high[rows] = intervals.around(part.energy_mev, sigma[rows])
    return sigma, EnergyIntervals(low, high)


def _errors_of(settings: JetIntervalSettings, measured: MeasuredEnergies, true_mev: FloatArray) -> JetErrors:
    energy = measured.energy_mev
    residual = energy - true_mev
    edges, of_sigma = (_pt_edges(energy, settings, fewest) for fewest in (_FEWEST_IN_PT, _FEWEST_FOR_SIGMA))
    if measured.sigma_mev is None:
        resolution = fit_resolution(energy, residual)
        predicted = sigma_of(resolution, energy)
        calibration = fit_sigma_calibration(predicted, residual, energy, floored=False)
    else:
        resolution, predicted = None, measured.sigma_mev
        calibration = fit_sigma_calibration(predicted, residual, energy, of_sigma)
    sigma = calibrated_sigma(calibration, predicted, energy)
    intervals = calibrate_sigma(true_mev, energy, sigma, coverage=settings.coverage, inner_edges_mev=edges)
    return JetErrors(resolution=resolution, sigma=calibration, intervals=intervals.to_dict())


def _predicted(errors: JetErrors, measured: MeasuredEnergies) -> FloatArray:
    if errors.resolution is not None:
        return sigma_of(errors.resolution, measured.energy_mev)
    if measured.sigma_mev is None:
        raise DataError("measured jets", got="no sigmas and no resolution", expected="either")
    return measured.sigma_mev


def _pt_edges(pt_mev: FloatArray, settings: JetIntervalSettings, fewest: int) -> tuple[float, ...]:
    """Edges between bins of at least so many jets, none of them empty."""
    bins = max(1, min(settings.bins, len(pt_mev) // fewest))
    if settings.spacing == "log" and pt_mev.max() > 0.0:
        rising = np.sort(pt_mev)
        edges = np.unique(rising[logarithmic_bins(rising, settings.bins, fewest)[1:]])
    else:
        # Fewer where pT coincide.
        edges = np.unique(np.quantile(pt_mev, np.arange(1, bins) / bins, method="higher"))
    return tuple(edges[edges > pt_mev.min()].tolist())
