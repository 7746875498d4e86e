r"""Undo the bias that the pT of jets has given the true pT and |eta|.

In each bin of the measured |eta|, which differs little from the true one, the pT is corrected by a function
of its own, for which the mean over the jets of one true pT is that pT (see
`showerkit.reconstruct.response_correction`). The corrected pT jumps at the edges of the bins by as much as
the biases of neighbouring bins differ, as that of the standard jet energy scale does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.reconstruct.energy_measurement import MeasuredEnergies, joined
from showerkit.reconstruct.response_correction import (
    corrected_energies,
    fewest_events,
    fit_response_correction,
)
from showerkit.train.jet_response_config import JetResponseCorrection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.train.energy_checkpoint import ResponseCorrection
    from showerkit.train.jet_response_config import JetResponseSettings
    from showerkit.typing import BoolArray, FloatArray, IntArray


def fit_jet_response(
    settings: JetResponseSettings, measured_mev: FloatArray, true_mev: FloatArray, eta: FloatArray
) -> JetResponseCorrection:
    """Fit a correction in each bin of |eta|.

    Parameters
    ----------
    settings
        Bins, and number of knots.
    measured_mev, true_mev
        Measured and true pT in MeV, shape (N,).
    eta
        Measured pseudorapidities, shape (N,).

    Returns
    -------
    JetResponseCorrection
        The functions; a bin with too few jets gets that of the nearest one with enough, and all the same if
        none has.

    Raises
    ------
    DataError
        If there are too few jets for even one, or all have the same pT.

    Examples
    --------
    >>> from showerkit.train.jet_response_config import JetResponseSettings
    >>> true, eta = np.linspace(20e3, 200e3, 4000), np.tile([0.5, -1.5], 2000)
    >>> settings = JetResponseSettings(knots=3, abs_eta_edges=(0.0, 1.0, 2.0))
    >>> fitted = fit_jet_response(settings, np.where(eta > 0, 0.9, 0.8) * true, true, eta)
    >>> found = corrected_jets(fitted, MeasuredEnergies(np.array([90e3, 80e3])), np.array([0.1, 1.9]))
    >>> found.energy_mev.round(-2).tolist()
    [100000.0, 100000.0]
    """
    bins = len(settings.abs_eta_edges) - 1
    places = eta_bin_numbers(eta, settings.abs_eta_edges)
    numbers = np.bincount(places, minlength=bins)
    filled = np.flatnonzero(numbers >= fewest_events(settings.knots))
    if len(filled) == 0:
        one = fit_response_correction(measured_mev, true_mev, knots=settings.knots, spacing=settings.spacing)
        fitted: dict[int, ResponseCorrection] = dict.fromkeys(range(bins), one)
        filled = np.arange(bins)
    else:
        fitted = {
            int(number): fit_response_correction(
                measured_mev[places == number],
                true_mev[places == number],
                knots=settings.knots,
                spacing=settings.spacing,
            )
            for number in filled
        }
    nearest = [int(filled[np.argmin(np.abs(filled - number))]) for number in range(bins)]
    return JetResponseCorrection(
        abs_eta_edges=settings.abs_eta_edges, corrections=tuple(fitted[number] for number in nearest)
    )


def corrected_jets(
    correction: JetResponseCorrection, measured: MeasuredEnergies, eta: FloatArray
) -> MeasuredEnergies:
    """Apply the correction to pT and its standard errors.

    Parameters
    ----------
    correction
        The correction.
    measured
        What is said of the pT of N jets.
    eta
        Measured pseudorapidities, shape (N,).
    """
    places = eta_bin_numbers(eta, correction.abs_eta_edges)
    parts = [
        corrected_energies(one, jet_rows(measured, places == number))
        for number, one in enumerate(correction.corrections)
    ]
    back = np.argsort(np.argsort(places, kind="stable"), kind="stable")
    return jet_rows(joined(parts), back)


def jet_rows(measured: MeasuredEnergies, index: BoolArray | IntArray) -> MeasuredEnergies:
    """Choose some jets."""

    def chosen(column: FloatArray | None) -> FloatArray | None:
        return None if column is None else column[index]

    return MeasuredEnergies(
        measured.energy_mev[index],
        chosen(measured.sigma_mev),
        chosen(measured.lower_mev),
        chosen(measured.upper_mev),
    )


def eta_bin_numbers(eta: FloatArray, edges: Sequence[float]) -> IntArray:
    """Number of the bin that each |eta| lies in; the last one reaches on beyond its edge."""
    found: IntArray = np.clip(np.searchsorted(edges, np.abs(eta), side="right") - 1, 0, len(edges) - 2)
    return found
