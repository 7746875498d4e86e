"""Statistical errors by leaving out one block of showers at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import IntArray


def random_blocks(n: int, blocks: int, random: np.random.Generator) -> list[IntArray]:
    """Divide the numbers 0 .. n-1 at random into blocks of sizes that differ by at most one.

    Examples
    --------
    >>> parts = random_blocks(10, 3, np.random.default_rng(0))
    >>> sorted(len(part) for part in parts)
    [3, 3, 4]
    >>> sorted(np.concatenate(parts).tolist()) == list(range(10))
    True
    """
    return [np.asarray(part, dtype=np.int64) for part in np.array_split(random.permutation(n), blocks)]


def jackknife_error(left_out: ArrayLike) -> float:
    r"""Standard error of an estimate from its values with one of B blocks left out.

    .. math:: \sigma^2 = \frac{B-1}{B} \sum_b (\hat\theta_{(b)} - \bar\theta_{(\cdot)})^2

    Source: B. Efron and C. Stein, Ann. Statist. 9 (1981) 586, who show that its mean is never below the
    variance; for an estimate that is quadratic in the noise (as a distance of two equal laws) the error is
    up to sqrt(2) too large.

    Parameters
    ----------
    left_out
        Estimates with block b left out, shape (B,).

    Returns
    -------
    float
        The standard error.

    Examples
    --------
    For a mean it is the usual error of the mean:

    >>> x = np.array([1.0, 2.0, 4.0, 7.0])
    >>> left_out = (x.sum() - x) / 3
    >>> bool(np.isclose(jackknife_error(left_out), x.std(ddof=1) / 2))
    True
    """
    values = np.asarray(left_out, dtype=np.float64)
    blocks = len(values)
    return float(np.sqrt((blocks - 1) / blocks * np.sum((values - values.mean()) ** 2)))
