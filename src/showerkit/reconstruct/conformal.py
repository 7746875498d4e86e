"""Split conformal prediction: intervals that cover the truth as often as they say, whatever the model.

A part of the events that the model has not seen, the calibration part, tells how far the truth lies from what
the model says, in a score per event; a rank among them bounds the score of a further event (see
`showerkit.reconstruct.conformal_quantile`).

Sources: V. Vovk, A. Gammerman and G. Shafer, Algorithmic Learning in a Random World, Springer 2005, with
categories (Mondrian) in section 4.5; H. Papadopoulos et al., ECML 2002 (split); Y. Romano, E. Patterson and
E. Candes, arXiv:1905.03222 (quantiles).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import numpy as np

from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.reconstruct.conformal_quantile import conformal_quantile, conformal_rank

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.typing import FloatArray, IntArray


class EnergyIntervals(NamedTuple):
    """Prediction intervals.

    Parameters
    ----------
    low_mev, high_mev
        Ends of each event's interval in MeV, shape (N,).
    """

    low_mev: FloatArray
    high_mev: FloatArray


@dataclass(frozen=True)
class ConformalIntervals:
    """Calibrated intervals on top of any model; make them with `calibrate_sigma` or `calibrate_quantiles`.

    Parameters
    ----------
    form
        ``sigma``: prediction +- score times sigma; ``quantiles``: score added to both sides of
        [lower, upper].
    coverage
        Share of events whose truth the interval holds.
    inner_edges_mev
        Rising edges between bins of predicted energy in MeV, each with a score of its own; () for one bin.
    scores
        Score of each bin.
    events
        Calibration events in each bin.
    """

    form: Literal["sigma", "quantiles"]
    coverage: float
    inner_edges_mev: tuple[float, ...]
    scores: tuple[float, ...]
    events: tuple[int, ...]

    def around(self, predicted_mev: FloatArray, sigma_mev: FloatArray) -> EnergyIntervals:
        """Intervals symmetric about predictions with sigmas (form ``sigma``).

        Parameters
        ----------
        predicted_mev, sigma_mev
            Predicted energies and their sigmas > 0 in MeV, shape (N,).

        Returns
        -------
        EnergyIntervals
            predicted +- score * sigma.
        """
        self._expect("sigma")
        half = self._score(predicted_mev) * sigma_mev
        return EnergyIntervals(predicted_mev - half, predicted_mev + half)

    def between(
        self, lower_mev: FloatArray, upper_mev: FloatArray, predicted_mev: FloatArray
    ) -> EnergyIntervals:
        """Intervals from predicted quantiles (form ``quantiles``).

        Parameters
        ----------
        lower_mev, upper_mev
            Predicted quantiles in MeV, shape (N,).
        predicted_mev
            Predicted energies, by which bins are chosen, shape (N,).

        Returns
        -------
        EnergyIntervals
            [lower - score, upper + score]; of ends that cross, both are put in their middle, which can only
            raise the coverage.
        """
        self._expect("quantiles")
        score = self._score(predicted_mev)
        low, high = lower_mev - score, upper_mev + score
        middle = 0.5 * (low + high)
        return EnergyIntervals(np.minimum(low, middle), np.maximum(high, middle))

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "form": self.form,
            "coverage": self.coverage,
            "inner_edges_mev": list(self.inner_edges_mev),
            "scores": list(self.scores),
            "events": list(self.events),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote.

        Raises
        ------
        CheckpointError
            If a value is missing or makes no sense.
        """
        try:
            made = cls(
                values["form"],
                float(values["coverage"]),
                tuple(float(edge) for edge in values["inner_edges_mev"]),
                tuple(float(score) for score in values["scores"]),
                tuple(int(count) for count in values["events"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise CheckpointError("conformal intervals", got=repr(wrong)) from None
        numbers = [*made.scores, *made.inner_edges_mev]
        fits = len(made.scores) == len(made.events) == len(made.inner_edges_mev) + 1
        if not (fits and all(map(math.isfinite, numbers)) and made.form in ("sigma", "quantiles")):
            raise CheckpointError(
                "conformal intervals", got=dict(values), expected="a form, and one finite score per bin"
            )
        return made

    def _expect(self, form: str) -> None:
        if self.form != form:
            raise DataError("conformal intervals", got=f"form {self.form!r}", expected=f"form {form!r}")

    def _score(self, predicted_mev: FloatArray) -> FloatArray:
        return np.asarray(self.scores)[_bins(predicted_mev, self.inner_edges_mev)]


def calibrate_sigma(
    true_mev: FloatArray,
    predicted_mev: FloatArray,
    sigma_mev: FloatArray,
    *,
    coverage: float = 0.68,
    inner_edges_mev: tuple[float, ...] = (),
) -> ConformalIntervals:
    r"""Calibrate intervals that are symmetric about a prediction, by the scores :math:`|y - \hat y|/\sigma`.

    A model without a sigma gets intervals of one width, by sigma = 1.

    Parameters
    ----------
    true_mev, predicted_mev, sigma_mev
        True and predicted energies and predicted sigmas > 0 in MeV, shape (n,), of events that the model was
        not trained on.
    coverage
        Share of events that the intervals are to cover.
    inner_edges_mev
        Edges between bins of predicted energy, each calibrated by itself; coverage then holds in each.

    Returns
    -------
    ConformalIntervals
        Of form ``sigma``.

    Raises
    ------
    DataError
        If there are too few events in a bin, or a value is not finite.

    Examples
    --------
    >>> true = np.arange(1.0, 100.0)
    >>> intervals = calibrate_sigma(true, np.zeros(99), np.full(99, 2.0), coverage=0.9)
    >>> intervals.around(np.array([50.0]), np.array([2.0]))
    EnergyIntervals(low_mev=array([-40.]), high_mev=array([140.]))
    """
    if not (np.asarray(sigma_mev) > 0.0).all():
        raise DataError("sigma_mev", got="values that are not above 0", expected="a positive sigma per event")
    scores = np.abs(true_mev - predicted_mev) / sigma_mev
    return _calibrated("sigma", scores, predicted_mev, coverage, inner_edges_mev)


def calibrate_quantiles(
    true_mev: FloatArray,
    lower_mev: FloatArray,
    upper_mev: FloatArray,
    predicted_mev: FloatArray,
    *,
    coverage: float = 0.68,
    inner_edges_mev: tuple[float, ...] = (),
) -> ConformalIntervals:
    r"""Calibrate intervals between predicted quantiles, by the scores :math:`\max(q_{lo} - y, y - q_{hi})`.

    A score below 0 narrows intervals that were too wide. Source: arXiv:1905.03222, equations 6 to 8.

    Parameters
    ----------
    true_mev, lower_mev, upper_mev, predicted_mev
        True energies, predicted quantiles and predicted energies in MeV, shape (n,), of events that the model
        was not trained on.
    coverage
        Share of events that the intervals are to cover.
    inner_edges_mev
        Edges between bins of predicted energy, each calibrated by itself; coverage then holds in each.

    Returns
    -------
    ConformalIntervals
        Of form ``quantiles``.

    Raises
    ------
    DataError
        If there are too few events in a bin, or a value is not finite.

    Examples
    --------
    >>> true, zero = np.arange(1.0, 100.0), np.zeros(99)
    >>> intervals = calibrate_quantiles(true, zero, zero + 100.0, zero, coverage=0.9)
    >>> intervals.between(np.array([0.0]), np.array([100.0]), np.array([50.0]))
    EnergyIntervals(low_mev=array([5.]), high_mev=array([95.]))
    """
    scores = np.maximum(lower_mev - true_mev, true_mev - upper_mev)
    return _calibrated("quantiles", scores, predicted_mev, coverage, inner_edges_mev)


def _calibrated(
    form: Literal["sigma", "quantiles"],
    scores: FloatArray,
    predicted_mev: FloatArray,
    coverage: float,
    inner_edges_mev: tuple[float, ...],
) -> ConformalIntervals:
    if not (np.isfinite(scores).all() and np.isfinite(predicted_mev).all()):
        raise DataError("calibration events", got="values that are not finite", expected="finite energies")
    if not (np.diff(inner_edges_mev) > 0.0).all():
        raise ConfigurationError("inner_edges_mev", got=inner_edges_mev, expected="rising edges")
    bins = _bins(predicted_mev, inner_edges_mev)
    of_each = [scores[bins == number] for number in range(len(inner_edges_mev) + 1)]
    for number, of_bin in enumerate(of_each):
        if conformal_rank(len(of_bin), coverage) > len(of_bin):
            raise DataError(
                f"calibration events in bin {number} of predicted energy",
                got=len(of_bin),
                expected=f"enough for a coverage of {coverage:g}",
                mend="calibrate on more events or in wider bins",
            )
    return ConformalIntervals(
        form,
        coverage,
        tuple(float(edge) for edge in inner_edges_mev),
        tuple(conformal_quantile(of_bin, coverage) for of_bin in of_each),
        tuple(len(of_bin) for of_bin in of_each),
    )


def _bins(predicted_mev: FloatArray, inner_edges_mev: tuple[float, ...]) -> IntArray:
    return np.searchsorted(np.asarray(inner_edges_mev, dtype=np.float64), predicted_mev, side="right")
