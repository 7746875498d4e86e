"""Bins equal in the logarithm, none of which holds too few values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray, IntArray

#: What lies below this share of the highest value belongs to the lowest bin.
_LEAST_SHARE: Final = 1.0e-3


def logarithmic_bins(rising: FloatArray, bins: int, fewest: int) -> IntArray:
    """Divide rising values into bins equal in their logarithm; one with too few joins the next.

    Bins of equally many values put most of them where a spectrum has most, so that all of the lowest pT of a
    wide sample would share one.

    Parameters
    ----------
    rising
        Rising values, the highest above 0, shape (N,), N > 0.
    bins
        Number of bins, or less where values are few.
    fewest
        Fewest values of a bin, if there are so many at all.

    Returns
    -------
    numpy.ndarray
        Index of the first value of each bin, the first of which is 0.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 9.0, 11.0, 20.0, 90.0, 200.0, 1000.0])
    >>> logarithmic_bins(values, bins=3, fewest=2).tolist()
    [0, 3, 6]
    >>> logarithmic_bins(values, bins=3, fewest=3).tolist()
    [0, 3]
    """
    high = float(rising[-1])
    low = max(float(rising[0]), _LEAST_SHARE * high)
    starts = [0]
    for start in np.searchsorted(rising, np.geomspace(low, high, bins + 1)[1:-1]).tolist():
        if min(start - starts[-1], len(rising) - start) >= fewest:
            starts.append(start)
    return np.array(starts, dtype=np.int64)
