"""Fit of a mean profile whose points are correlated, since each shower contributes to all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.shower_shapes.levenberg_marquardt import jacobian, minimise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class ProfileFit:
    """A form fitted to a mean profile.

    Parameters
    ----------
    names
        Names of the K parameters.
    values, errors
        Their values and standard errors, shape (K,).
    covariance
        Covariance of the parameters, shape (K, K).
    chi2, ndf
        Goodness of fit and its degrees of freedom.
    p_value
        Probability of a worse fit if the form is true; None where the covariance of the points is not known
        well enough (fewer than twice as many showers as points).
    correlated
        Whether chi2 takes the correlation between points into account.
    misdescribed
        Half the sum of |measured - fitted| over the sum measured: the share of energy in the wrong place.
    converged
        Whether the minimum was found.
    fitted
        The form at the minimum, shape (P,).
    """

    names: tuple[str, ...]
    values: FloatArray
    errors: FloatArray
    covariance: FloatArray
    chi2: float
    ndf: int
    p_value: float | None
    correlated: bool
    misdescribed: float
    converged: bool
    fitted: FloatArray

    def value(self, name: str) -> float:
        """Look a parameter's value up by name."""
        return float(self.values[self.names.index(name)])

    def error(self, name: str) -> float:
        """Look a parameter's error up by name."""
        return float(self.errors[self.names.index(name)])


def fit_mean_profile(
    form: Callable[[FloatArray], FloatArray],
    names: Sequence[str],
    start: FloatArray,
    to_natural: Callable[[FloatArray], FloatArray],
    mean: FloatArray,
    covariance_of_mean: FloatArray,
    n_showers: int,
) -> ProfileFit:
    r"""Fit a form to a mean profile.

    The parameters minimise the sum of squares weighted with the diagonal of the covariance C alone; their
    errors come from the whole of it,

    .. math:: V = (J^T W J)^{-1} J^T W C W J (J^T W J)^{-1}, \quad W = \mathrm{diag}(C)^{-1},

    and the goodness of fit is what no further shift of the parameters could explain,

    .. math:: \chi^2 = \min_\delta (r - J \delta)^T C^{-1} (r - J \delta).

    Weights from the whole of C would be the best ones if the form were exact; where it is not, they make
    fits lie visibly beside the points (Peelle's puzzle), so they are not used. Since C is estimated from n
    showers, the p-value is that of Hotelling's T2 with (ndf, n - ndf) degrees of freedom.

    Parameters
    ----------
    form
        Points (P,) from parameters (K,).
    names
        Names of the parameters.
    start
        First parameters in the internal coordinates, shape (K,).
    to_natural
        Turns internal coordinates, along which steps are unbounded, into parameters.
    mean
        Measured points, shape (P,).
    covariance_of_mean
        Their covariance C, shape (P, P); points without variance are left out.
    n_showers
        Number n of showers behind the mean.

    Returns
    -------
    ProfileFit
        The fit.
    """
    variance = np.diag(covariance_of_mean)
    used = variance > 1.0e-14 * max(float(variance.max(initial=0.0)), 1.0e-300)
    inverse_sigma = np.where(used, 1.0 / np.sqrt(np.where(used, variance, 1.0)), 0.0)

    def internal(parameters: FloatArray, _: object) -> FloatArray:
        return np.stack([form(to_natural(row)) for row in parameters])

    def natural(parameters: FloatArray, _: object) -> FloatArray:
        return np.stack([form(row) for row in parameters])

    solution = minimise(internal, start[None], mean[None], inverse_sigma[None])
    values = to_natural(solution.parameters[0])
    slope = jacobian(natural, values[None], np.zeros(1, dtype=np.int64))[0][used]
    weight = inverse_sigma[used] ** 2
    covariance = covariance_of_mean[np.ix_(used, used)]
    bread = np.linalg.pinv(slope.T @ (weight[:, None] * slope), hermitian=True)
    lever = bread @ (slope.T * weight)
    parameter_covariance = lever @ covariance @ lever.T
    fitted = form(values)
    residual = (mean - fitted)[used]
    correlated = n_showers > 2 * int(used.sum())
    chi2, ndf = _goodness(residual, slope, covariance if correlated else np.diag(np.diag(covariance)))
    p_value = _hotelling(chi2, ndf, n_showers) if correlated and ndf > 0 else None
    measured = float(np.abs(mean).sum())
    return ProfileFit(
        names=tuple(names),
        values=values,
        errors=np.sqrt(np.maximum(np.diag(parameter_covariance), 0.0)),
        covariance=parameter_covariance,
        chi2=chi2,
        ndf=ndf,
        p_value=p_value,
        correlated=correlated,
        misdescribed=0.5 * float(np.abs(mean - fitted).sum()) / measured if measured > 0 else 0.0,
        converged=bool(solution.converged[0]),
        fitted=fitted,
    )


def _goodness(residual: FloatArray, slope: FloatArray, covariance: FloatArray) -> tuple[float, int]:
    """Chi2 of the residuals after the best linear shift of the parameters, and its degrees of freedom."""
    sigma = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(sigma, sigma))
    kept = values > 1.0e-10 * values.max()
    whitener = (vectors[:, kept] / np.sqrt(values[kept])).T / sigma
    white = whitener @ residual
    directions, stretch, _ = np.linalg.svd(whitener @ slope, full_matrices=False)
    directions = directions[:, stretch > 1.0e-12 * stretch.max(initial=0.0)]
    rest = white - directions @ (directions.T @ white)
    return float(rest @ rest), int(kept.sum()) - directions.shape[1]


def _hotelling(chi2: float, ndf: int, n_showers: int) -> float:
    """Probability of a larger T2 whose covariance was estimated from the same showers."""
    from scipy.stats import f

    return float(f.sf(chi2 * (n_showers - ndf) / (ndf * (n_showers - 1)), ndf, n_showers - ndf))
