r"""Undo the bias that measured energies have given the true energy.

A measurement that is right on average over the showers that look alike, as the posterior mean is, draws
energies inwards at the ends of the range: given the true energy it is biased there. The correction is a
function g of the measured energy alone, for which

.. math:: \langle g(\hat E) \rangle_E = E

holds in narrow bins of the true energy E. It is continuous and linear between knots, so that its values there
follow from a linear least-squares fit. Unlike a bias that is read off in bins and subtracted, which leaves
part of it where the response bends within a resolution, this solves for g itself (numerical inversion with
the spread of the measurement taken into account).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.data.logarithmic_bins import logarithmic_bins
from showerkit.errors import DataError
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.train.energy_checkpoint import ResponseCorrection

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.reconstruct.energy_measurement import EnergyMeasurement
    from showerkit.typing import FloatArray

#: Bins of true energy for each knot.
_BINS_PER_KNOT: Final = 4
#: Fewest events in the mean for each of these bins.
_LEAST_EVENTS: Final = 10
#: Share of the events beyond the outermost knots.
_BEYOND: Final = 0.002
#: A slope below this would put different energies together.
_LEAST_SLOPE: Final = 0.05
#: Knots in the logarithm begin at this share of the highest at the latest.
_LEAST_SHARE: Final = 1.0e-3


def fewest_events(knots: int) -> int:
    """Fewest events that so many knots can be fitted to.

    Examples
    --------
    >>> fewest_events(10)
    400
    """
    return _LEAST_EVENTS * _BINS_PER_KNOT * knots


def fit_response_correction(
    measured_mev: FloatArray,
    true_mev: FloatArray,
    *,
    knots: int = 10,
    spacing: Literal["root", "log"] = "root",
) -> ResponseCorrection:
    r"""Fit the correction to events with known energies.

    The squared differences of both sides of the equation above, in units of their errors, are minimised;
    the knots are equally spaced in :math:`\sqrt E`, hence in resolutions, with bins of equally many events;
    or both are in :math:`\ln E`. What the data leave open stays near the measured energy, with a tolerance
    of one resolution.

    Parameters
    ----------
    measured_mev, true_mev
        Measured and true energies in MeV, shape (N,).
    knots
        Number of knots.
    spacing
        How knots and bins are spaced.

    Returns
    -------
    ResponseCorrection
        The function.

    Raises
    ------
    DataError
        If there are too few events for so many knots, or all have the same energy.

    Examples
    --------
    >>> true = np.linspace(0.0, 9999.0, 10_000)
    >>> correction = fit_response_correction(0.8 * true + 500.0, true, knots=5)
    >>> corrected(correction, np.array([4500.0])).round(-1).tolist()
    [5000.0]
    """
    from scipy.optimize import lsq_linear

    bins = _BINS_PER_KNOT * knots
    if len(true_mev) < fewest_events(knots):
        raise DataError(
            "events for the response correction",
            got=len(true_mev),
            expected=f"at least {fewest_events(knots)} for {knots} knots",
            mend="train on more showers, or lower response.knots",
        )
    order = np.argsort(true_mev, kind="stable")
    measured, true = measured_mev[order].astype(np.float64), true_mev[order].astype(np.float64)
    # Of a wide range the ends may hold next to nothing.
    beyond = _BEYOND if spacing == "root" else min(_BEYOND, _LEAST_EVENTS / len(true))
    low, high = (float(end) for end in np.quantile(measured, [beyond, 1.0 - beyond]))
    if not low < high:
        raise DataError("measured energies", got=f"{low:g} MeV alone", expected="a range of energies")
    high = max(high, 1.0)
    if spacing == "root":
        positions = np.linspace(np.sqrt(max(low, 0.0)), np.sqrt(high), knots) ** 2
    else:
        positions = np.geomspace(max(low, _LEAST_SHARE * high), high, knots)
    positions[0] = min(low, float(positions[0]))
    shape = _hats(measured, positions)
    starts = np.arange(bins) * len(true) // bins
    if spacing == "log" and true[-1] > 0.0:
        starts = logarithmic_bins(true, bins, _LEAST_EVENTS)
    events = np.diff(np.append(starts, len(true)))
    mean_shape = np.add.reduceat(shape, starts) / events[:, None]
    mean_true = np.add.reduceat(true, starts) / events
    residual = measured - true
    spread = np.sqrt(np.add.reduceat(residual**2, starts) / events)
    spread = np.maximum(spread, 1e-6 * (high - low))
    weight = np.sqrt(events) / spread
    tolerance = np.interp(positions, mean_true, spread)
    rows = np.concatenate([mean_shape * weight[:, None], np.diag(1.0 / tolerance)])
    target = np.concatenate([mean_true * weight, positions / tolerance])
    # The unknowns are the first value and the rises between knots, so that bounds keep the slope positive.
    rises = np.tril(np.ones((knots, knots)))
    least = np.concatenate([[-np.inf], _LEAST_SLOPE * np.diff(positions)])
    found = lsq_linear(rows @ rises, target, bounds=(least, np.inf), method="bvls")
    return ResponseCorrection(
        measured_mev=tuple(positions.tolist()), corrected_mev=tuple((rises @ found.x).tolist())
    )


def corrected(correction: ResponseCorrection, energy_mev: FloatArray) -> FloatArray:
    """Apply the correction to energies in MeV, shape (N,)."""
    found: FloatArray = _hats(energy_mev, np.array(correction.measured_mev)) @ correction.corrected_mev
    return found


def slope(correction: ResponseCorrection, energy_mev: FloatArray) -> FloatArray:
    """Give the derivative of the correction at energies in MeV, shape (N,)."""
    positions = np.array(correction.measured_mev)
    slopes = np.diff(correction.corrected_mev) / np.diff(positions)
    found: FloatArray = slopes[_segment(energy_mev, positions)]
    return found


class CorrectedMeasurement:
    """A measurement with its response corrected.

    Parameters
    ----------
    measurement
        The measurement.
    correction
        What is done to its energies; standard errors grow with its slope, quantiles go with the energies.
    """

    def __init__(self, measurement: EnergyMeasurement, correction: ResponseCorrection) -> None:
        self.measurement = measurement
        self.correction = correction

    def __call__(self, showers: Showers) -> MeasuredEnergies:
        """Measure the energies of showers."""
        return self.apply(self.measurement(showers))

    def apply(self, measured: MeasuredEnergies) -> MeasuredEnergies:
        """Correct what was measured."""
        return corrected_energies(self.correction, measured)


def corrected_energies(correction: ResponseCorrection, measured: MeasuredEnergies) -> MeasuredEnergies:
    """Apply the correction to energies, their standard errors and their quantiles."""

    def moved(energy_mev: FloatArray | None) -> FloatArray | None:
        return None if energy_mev is None else corrected(correction, energy_mev)

    sigma = measured.sigma_mev
    return MeasuredEnergies(
        corrected(correction, measured.energy_mev),
        None if sigma is None else sigma * slope(correction, measured.energy_mev),
        moved(measured.lower_mev),
        moved(measured.upper_mev),
    )


def _segment(energy_mev: FloatArray, positions: FloatArray) -> FloatArray:
    """Number of the piece between knots, the outer ones reaching on beyond the ends."""
    found: FloatArray = np.clip(np.searchsorted(positions, energy_mev, "right") - 1, 0, len(positions) - 2)
    return found


def _hats(energy_mev: FloatArray, positions: FloatArray) -> FloatArray:
    """Weights of the knots' values in the linear interpolation, shape (N, knots)."""
    left = _segment(energy_mev, positions)
    share = (energy_mev - positions[left]) / (positions[left + 1] - positions[left])
    weights = np.zeros((len(energy_mev), len(positions)))
    rows = np.arange(len(energy_mev))
    weights[rows, left] = 1.0 - share
    weights[rows, left + 1] = share
    return weights
