r"""The standard jet energy scale: the mean response in bins, inverted.

In bins of |eta| and of the true pT, the response R = pT / pT_true gives the pT that jets of a true pT have on
average, :math:`f(p_T^\mathrm{true}) = R \, p_T^\mathrm{true}`, and the calibrated one is
:math:`f^{-1}(p_T)`. Bins of the true and not of the measured pT make it independent of the spectrum. It
closes exactly in the median, and in the mean but for the curvature of f within a resolution.
Source: A. Cukierman and B. Nachman, Nucl. Instrum. Meth. A 858 (2017) 1, arXiv:1609.05195.

Collisions on top add pT in proportion to the area of a jet, so that rho times an area can be subtracted first
(M. Cacciari and G. P. Salam, Phys. Lett. B 659 (2008) 119, arXiv:0707.1378).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.logarithmic_bins import logarithmic_bins
from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from showerkit.models.jet_baseline_config import NumericalInversionConfig
    from showerkit.typing import BoolArray, FloatArray

#: Fewest jets in a bin of |eta| and pT.
_LEAST_JETS: Final = 20
#: f rises at least this much from knot to knot, in units of the true pT.
_LEAST_SLOPE: Final = 0.01
#: The lines beyond the outermost knots are laid through this many knots.
_END_KNOTS: Final = 3


@dataclass(frozen=True, eq=False)
class NumericalInversion:
    """Rising functions of the measured pT, one for each bin of |eta|, linear between knots and beyond them.

    Parameters
    ----------
    abs_eta_edges
        Rising edges of |eta| from 0, shape (bins + 1,).
    measured_gev
        Knots: what jets have on average, rising in each bin, shape (bins, knots + 2); the outermost two are
        there for the lines beyond the ends.
    true_gev
        The true pT there, rising, of the same shape.
    area
        Area in (eta, phi) of a jet that collisions on top reach, of shape (): pT - rho area is calibrated.

    Raises
    ------
    FileFormatError
        If the numbers are no rising functions, or the area is below 0.

    Examples
    --------
    >>> half = NumericalInversion(np.array([0.0, 5.0]), np.array([[0.0, 100.0]]), np.array([[0.0, 200.0]]))
    >>> half.predict(np.array([30.0, 150.0]), np.array([1.0, -2.0])).tolist()
    [60.0, 300.0]
    """

    abs_eta_edges: FloatArray
    measured_gev: FloatArray
    true_gev: FloatArray
    area: FloatArray = field(default_factory=lambda: np.zeros(()))

    def __post_init__(self) -> None:
        edges, measured, true = self.abs_eta_edges, self.measured_gev, self.true_gev
        fits = edges.ndim == 1 and measured.ndim == 2 and measured.shape == true.shape
        if not fits or measured.shape[0] != len(edges) - 1 or measured.shape[1] < 2:
            raise FileFormatError(
                "numerical inversion",
                got=f"shapes {edges.shape}, {measured.shape} and {true.shape}",
                expected="(bins + 1,) and twice (bins, knots)",
            )
        for name, values in (("abs_eta_edges", edges), ("measured_gev", measured), ("true_gev", true)):
            if not np.isfinite(values).all() or (np.diff(values, axis=-1) <= 0).any():
                raise FileFormatError(f"numerical inversion: {name}", expected="rising numbers")
        if self.area.shape != () or not 0.0 <= self.area < np.inf:
            raise FileFormatError("numerical inversion: area", got=str(self.area), expected="a number >= 0")

    def predict(self, pt_gev: FloatArray, eta: FloatArray, rho_gev: FloatArray | float = 0.0) -> FloatArray:
        """Calibrate.

        Parameters
        ----------
        pt_gev, eta
            Measured transverse momenta in GeV and pseudorapidities, shape (N,).
        rho_gev
            Densities of transverse momentum in the events in GeV per area, shape (N,).

        Returns
        -------
        numpy.ndarray
            Calibrated transverse momenta in GeV, at least 0, shape (N,).
        """
        pt = np.asarray(pt_gev, dtype=np.float64) - self.area * rho_gev
        found = np.empty(len(pt))
        for number, here in enumerate(_eta_bins(eta, self.abs_eta_edges)):
            x, y = self.measured_gev[number], self.true_gev[number]
            piece = np.clip(np.searchsorted(x, pt[here], side="right") - 1, 0, len(x) - 2)
            slope = np.diff(y) / np.diff(x)
            found[here] = y[piece] + slope[piece] * (pt[here] - x[piece])
        return np.maximum(found, 0.0)

    def to_tensors(self) -> dict[str, Tensor]:
        """Give the numbers as tensors by name, as a model file can hold them."""
        import torch

        return {one.name: torch.from_numpy(np.array(getattr(self, one.name))) for one in fields(self)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> NumericalInversion:
        """Rebuild the calibration from `to_tensors`.

        Raises
        ------
        FileFormatError
            If a tensor is missing or is no rising function.
        """
        names = [one.name for one in fields(cls)]
        if set(tensors) != set(names):
            raise FileFormatError("numerical inversion", got="other tensors", expected=", ".join(names))
        return cls(*(tensors[name].double().numpy() for name in names))


def fit_numerical_inversion(
    config: NumericalInversionConfig,
    pt_gev: FloatArray,
    eta: FloatArray,
    true_gev: FloatArray,
    weight: FloatArray | None = None,
    rho_gev: FloatArray | float = 0.0,
) -> NumericalInversion:
    """Measure the response in bins and make it a function that can be inverted.

    Parameters
    ----------
    config
        Bins and statistic.
    pt_gev, eta, true_gev
        Measured pT in GeV, eta, and true pT in GeV of the jets, shape (N,).
    weight
        Weights of the jets, shape (N,); None: all 1.
    rho_gev
        Densities of transverse momentum in the events in GeV per area, shape (N,).

    Returns
    -------
    NumericalInversion
        The calibration; a bin of |eta| with too few jets gets the function of the nearest one with enough.

    Raises
    ------
    DataError
        If no bin of |eta| holds enough jets.

    Examples
    --------
    >>> from showerkit.models.jet_baseline_config import NumericalInversionConfig
    >>> true = np.linspace(20.0, 200.0, 2000)
    >>> scale = fit_numerical_inversion(NumericalInversionConfig(pt_bins=5), 0.8 * true, 0.0 * true, true)
    >>> scale.predict(np.array([80.0]), np.array([0.0])).round(6).tolist()
    [100.0]
    """
    edges = np.array(config.abs_eta_edges)
    pt = np.asarray(pt_gev, np.float64) - config.area * rho_gev
    true = np.asarray(true_gev, np.float64)
    w = np.ones(len(pt)) if weight is None else np.asarray(weight, np.float64)
    places = [np.flatnonzero(here) for here in _eta_bins(eta, edges)]
    enough = np.array([len(here) >= _LEAST_JETS * config.pt_bins for here in places])
    if not enough.any():
        raise DataError(
            "jets for the numerical inversion",
            got=f"at most {max(map(len, places))} in a bin of |eta|",
            expected=f"at least {_LEAST_JETS * config.pt_bins} for {config.pt_bins} bins of pT",
            mend="take more jets, or fewer bins",
        )
    curves = {
        number: _curve(pt[here], true[here], w[here], config)
        for number, here in enumerate(places)
        if enough[number]
    }
    filled = np.flatnonzero(enough)
    nearest = [int(filled[np.argmin(np.abs(filled - number))]) for number in range(len(places))]
    return NumericalInversion(
        edges,
        np.stack([curves[number][0] for number in nearest]),
        np.stack([curves[number][1] for number in nearest]),
        np.asarray(config.area),
    )


def _curve(
    pt: FloatArray, true: FloatArray, weight: FloatArray, config: NumericalInversionConfig
) -> tuple[FloatArray, FloatArray]:
    """Measured and true pT at the knots of one bin of |eta|, both rising."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(true, kind="stable")
    starts = np.arange(config.pt_bins) * len(true) // config.pt_bins
    if config.spacing == "log":
        starts = logarithmic_bins(true[order], config.pt_bins, _LEAST_JETS)
        if len(starts) < 2:  # a scale that changes with pT wants two points, however few the jets
            starts = np.array([0, len(true) // 2])
    response, w = (pt / true)[order], weight[order]
    total = np.maximum(np.add.reduceat(w, starts), np.finfo(float).tiny)
    knots = np.add.reduceat(w * true[order], starts) / total
    if config.statistic == "mean":
        of_bin = np.add.reduceat(w * response, starts) / total
    else:
        stops = np.append(starts[1:], len(true))
        of_bin = np.array(
            [_weighted_median(response[a:b], w[a:b]) for a, b in zip(starts, stops, strict=True)]
        )
    # Jets of one true pT alone would make two knots of one.
    different = np.append(True, np.diff(knots) > 1e-9 * knots[1:])
    if different.sum() < 2:
        raise DataError("true pT of the jets", got="one value", expected="a range of values")
    knots, of_bin, total = (_distinct(values, different) for values in (knots, of_bin, total))
    rising = isotonic_regression(of_bin * knots, weights=total).x
    # A plateau has no inverse: let it rise a little, and what follows with it.
    flat = np.where(np.diff(rising) <= 0.0, np.diff(knots), 0.0)
    rising = rising + _LEAST_SLOPE * np.concatenate([[0.0], np.cumsum(flat)])
    return _filled_up(_extended(rising), _extended(knots), config.pt_bins + 2)


def _distinct(values: FloatArray, different: BoolArray) -> FloatArray:
    """Keep the number of knots, since all bins of |eta| have as many: spread what is equal a little."""
    if different.all():
        return values
    return np.asarray(np.interp(np.linspace(0, different.sum() - 1, len(values)),
                                np.arange(different.sum()), values[different]))  # fmt: skip


def _filled_up(rising: FloatArray, knots: FloatArray, number: int) -> tuple[FloatArray, FloatArray]:
    """Add knots on the lines between the given ones, which changes no function, to have so many."""
    while len(knots) < number:
        widest = int(np.argmax(np.diff(knots)))
        rising, knots = (
            np.insert(values, widest + 1, 0.5 * (values[widest] + values[widest + 1]))
            for values in (rising, knots)
        )
    return rising, knots


def _extended(knots: FloatArray) -> FloatArray:
    """Add a knot on either side, so far away as some knots reach."""
    inner = min(_END_KNOTS, len(knots) - 1)
    below, above = knots[inner] - knots[0], knots[-1] - knots[-1 - inner]
    return np.concatenate([[knots[0] - below], knots, [knots[-1] + above]])


def _weighted_median(values: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order]) - 0.5 * weight[order]
    return float(np.interp(0.5 * weight.sum(), below, values[order]))


def _eta_bins(eta: FloatArray, edges: FloatArray) -> list[BoolArray]:
    """Where the jets of each bin of |eta| are."""
    number = np.clip(np.searchsorted(edges, np.abs(eta), side="right") - 1, 0, len(edges) - 2)
    return [number == one for one in range(len(edges) - 1)]
