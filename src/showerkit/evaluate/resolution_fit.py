"""Fit of the resolution's stochastic, constant and noise terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.typing import BoolArray, FloatArray

ResolutionTerm: TypeAlias = Literal["stochastic", "constant", "noise"]

#: The power of 1/E with which the square of each term enters the relative variance.
_POWERS: Final[dict[ResolutionTerm, int]] = {"stochastic": 1, "constant": 0, "noise": 2}
_TERMS: Final[tuple[ResolutionTerm, ...]] = ("stochastic", "constant", "noise")


@dataclass(frozen=True, eq=False)
class ResolutionFit:
    """Terms of the resolution.

    Parameters
    ----------
    terms
        Names of the terms: stochastic a in sqrt(GeV), constant b, noise c in GeV.
    values
        Their values >= 0, shape (T,).
    errors
        Standard errors from the covariance, shape (T,); NaN for a term at its limit 0.
    covariance
        Covariance of the terms, shape (T, T), rows and columns of terms at their limit being NaN.
    low, high
        68 % interval of each term where chi-square rises by 1 with the others refitted, shape (T,). It is
        right near the limit 0 too, where `errors` are not; there `low` is 0.
    at_limit
        Whether a term is 0, that is, whether the data would rather have its square negative.
    chi2, ndf
        Chi-square, and bins minus terms above 0.
    """

    terms: tuple[ResolutionTerm, ...]
    values: FloatArray
    errors: FloatArray
    covariance: FloatArray
    low: FloatArray
    high: FloatArray
    at_limit: BoolArray
    chi2: float
    ndf: int

    @property
    def p_value(self) -> float:
        """Probability of a chi-square at least as large."""
        from scipy.stats import chi2

        return float(chi2.sf(self.chi2, self.ndf))

    def resolution(self, energy_mev: FloatArray) -> FloatArray:
        """Fitted sigma/E at energies in MeV."""
        return np.asarray(np.sqrt(_design(energy_mev, self.terms) @ self.values**2))

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values, NaN as None."""

        def numbers(array: FloatArray) -> list[Any]:
            return [None if np.isnan(number) else float(number) for number in array]

        return {
            "terms": list(self.terms),
            "values": numbers(self.values),
            "errors": numbers(self.errors),
            "covariance": [numbers(row) for row in self.covariance],
            "low": numbers(self.low),
            "high": numbers(self.high),
            "at_limit": self.at_limit.tolist(),
            "chi2": self.chi2,
            "ndf": self.ndf,
        }


def fit_resolution(
    energy_mev: FloatArray,
    resolution: FloatArray,
    error: FloatArray,
    terms: tuple[ResolutionTerm, ...] = _TERMS,
) -> ResolutionFit:
    r"""Fit :math:`\frac{\sigma}{E} = \frac{a}{\sqrt E} \oplus b \oplus \frac{c}{E}` to measured resolutions.

    .. math:: \chi^2 = \sum_i \left(\frac{s_i^2 - a^2/E_i - b^2 - c^2/E_i^2}{2 s_i e_i}\right)^2

    with the measured s and errors e: the squared resolution is linear in the squares of the terms, so that
    the best terms >= 0 are unique and found without starting values (C. Lawson and R. Hanson, Solving Least
    Squares Problems, 1974, chapter 23). Terms that are 0 are reported as at their limit, with the interval of
    values that agree with the data.

    Parameters
    ----------
    energy_mev
        Mean energy per bin in MeV, shape (bins,).
    resolution, error
        Measured sigma/E and its standard error, shape (bins,); bins that are NaN are left out.
    terms
        The terms to fit.

    Returns
    -------
    ResolutionFit
        The terms with errors.

    Raises
    ------
    DataError
        If there are not more bins than terms, or an error or resolution is not above 0.

    Examples
    --------
    >>> energy = np.array([500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0])
    >>> truth = np.sqrt(0.3**2 / (energy / 1000) + 0.02**2 + (50 / energy) ** 2)
    >>> fit = fit_resolution(energy, truth, 0.01 * truth)
    >>> fit.values.round(4).tolist(), fit.ndf
    ([0.3, 0.02, 0.05], 3)
    """
    known = np.isfinite(energy_mev) & np.isfinite(resolution) & np.isfinite(error)
    energy, measured, sigma = energy_mev[known], resolution[known], error[known]
    if len(energy) <= len(terms):
        raise DataError(
            "fit of the resolution",
            got=f"{len(energy)} bins with a resolution and its error",
            expected=f"more than the {len(terms)} terms",
            mend="use more events, or fewer terms",
        )
    if not ((energy > 0.0).all() and (measured > 0.0).all() and (sigma > 0.0).all()):
        raise DataError("fit of the resolution", expected="energies, resolutions and errors above 0")
    sigma_of_square = 2.0 * measured * sigma
    design = _design(energy, terms) / sigma_of_square[:, None]
    # Columns of one length: powers of the energy span many decades.
    length = np.sqrt(np.square(design).sum(axis=0))
    design, target = design / length, measured**2 / sigma_of_square
    scaled, chi2 = _non_negative(design, target)
    free = scaled > 0.0
    values = np.sqrt(scaled / length)
    covariance = np.full((len(terms), len(terms)), np.nan)
    if free.any():
        of_squares = np.linalg.pinv(design[:, free].T @ design[:, free], hermitian=True)
        slope = 1.0 / (2.0 * values[free] * length[free])
        covariance[np.ix_(free, free)] = of_squares * np.outer(slope, slope)
    ends = [_interval(design, target, number, scaled, chi2) for number in range(len(terms))]
    low, high = (np.sqrt(np.array(end) / length) for end in zip(*ends, strict=True))
    return ResolutionFit(
        terms=terms,
        values=values,
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        low=low,
        high=high,
        at_limit=~free,
        chi2=chi2,
        ndf=len(energy) - int(free.sum()),
    )


def _design(energy_mev: FloatArray, terms: tuple[ResolutionTerm, ...]) -> FloatArray:
    energy_gev = np.asarray(energy_mev, dtype=np.float64) / 1000.0
    return np.stack([energy_gev ** -_POWERS[term] for term in terms], axis=-1)


def _non_negative(design: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    """Least squares with coefficients >= 0: the coefficients and the sum of squares."""
    from scipy.optimize import nnls

    if design.shape[1] == 0:
        return np.zeros(0), float(target @ target)
    best, distance = nnls(design, target)
    return best, float(distance) ** 2


def _interval(
    design: FloatArray, target: FloatArray, number: int, best: FloatArray, chi2: float
) -> tuple[float, float]:
    """Where chi-square rises by 1 below and above a squared term, the others being refitted."""
    from scipy.optimize import brentq

    others = np.delete(design, number, axis=1)

    def rise(square: float) -> float:
        return _non_negative(others, target - design[:, number] * square)[1] - chi2 - 1.0

    return _below(rise, best[number], brentq), _above(rise, best[number], brentq)


def _below(rise: Callable[[float], float], best: float, root: Callable[..., float]) -> float:
    if best <= 0.0 or rise(0.0) <= 0.0:
        return 0.0
    return float(root(rise, 0.0, best))


def _above(rise: Callable[[float], float], best: float, root: Callable[..., float]) -> float:
    # With columns of length 1 a single term has an error of 1: more with others that are like it.
    step = 1.0
    while rise(best + step) <= 0.0:
        step *= 2.0
    return float(root(rise, best, best + step))
