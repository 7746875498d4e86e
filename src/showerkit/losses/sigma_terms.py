"""The resolution of jets as a function of their true pT, fitted to what a calibration has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from showerkit.data.logarithmic_bins import logarithmic_bins
from showerkit.errors import DataError

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

#: Fewest jets whose standard deviation enters the fit.
_LEAST_JETS: Final = 20


def fit_sigma_terms(
    true_gev: FloatArray,
    predicted_gev: FloatArray,
    weight: FloatArray | None = None,
    *,
    bins: int = 20,
    spacing: Literal["number", "log"] = "number",
) -> FloatArray:
    r"""Fit :math:`\sigma = c_0 \sqrt{p_T} + c_1 p_T + c_2` to standard deviations in bins of the true pT.

    A standard deviation of n jets has a relative error of :math:`1/\sqrt{2 n}`, n being the effective number
    of weighted jets. Terms may be negative.

    Parameters
    ----------
    true_gev, predicted_gev
        True and calibrated transverse momenta in GeV, shape (N,).
    weight
        Weights of the jets, shape (N,); None: all 1.
    bins
        Number of bins, or fewer if the jets are few.
    spacing
        Whether bins hold equally many jets (``number``) or are equal in the logarithm of pT (``log``).

    Returns
    -------
    numpy.ndarray
        c0 in the root of GeV, c1, and c2 in GeV.

    Raises
    ------
    DataError
        If there are too few jets.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> true = random.uniform(30.0, 150.0, size=200_000)
    >>> terms = fit_sigma_terms(true, true + (0.8 * np.sqrt(true) + 1.0) * random.normal(size=len(true)))
    >>> bool(abs(terms @ [10.0, 100.0, 1.0] - 9.0) < 0.1)
    True
    """
    bins = min(bins, len(true_gev) // _LEAST_JETS)
    if bins < 3:
        raise DataError(
            "jets for the fit of sigma", got=len(true_gev), expected=f"at least {3 * _LEAST_JETS}"
        )
    weight = np.ones(len(true_gev)) if weight is None else weight
    order = np.argsort(true_gev, kind="stable")
    true, w = true_gev[order], weight[order]
    residual = (predicted_gev - true_gev)[order]
    starts = np.arange(bins) * len(true) // bins
    if spacing == "log":
        starts = logarithmic_bins(true, bins, _LEAST_JETS)
        bins = len(starts)
        if bins < 3:
            raise DataError("bins of pT for the fit of sigma", got=bins, expected="at least 3")
    total = np.add.reduceat(w, starts)
    mean = np.add.reduceat(w * residual, starts) / total
    of_each = np.repeat(mean, np.diff(np.append(starts, len(true))))
    sigma = np.sqrt(np.add.reduceat(w * (residual - of_each) ** 2, starts) / total)
    pt = np.add.reduceat(w * true, starts) / total
    effective = total**2 / np.add.reduceat(w**2, starts)
    error = np.maximum(sigma, 1e-6 * pt) / np.sqrt(2.0 * effective)
    shape = np.stack([np.sqrt(pt), pt, np.ones(bins)], axis=1)
    found = np.linalg.lstsq(shape / error[:, None], sigma / error, rcond=None)[0]
    return np.asarray(found, dtype=np.float64)
