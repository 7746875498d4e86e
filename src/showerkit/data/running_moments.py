"""Mean, variance and range of a stream of numbers in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RunningMoments:
    r"""Mean, variance and range per column of batches that come one after another.

    Two parts a, b merge as
    :math:`M_2 = M_{2a} + M_{2b} + (\bar x_b - \bar x_a)^2 n_a n_b / (n_a + n_b)`
    (Chan, Golub and LeVeque, 1979), which loses no digits when the mean is large.

    Parameters
    ----------
    columns
        Number of columns.

    Examples
    --------
    >>> moments = RunningMoments(1)
    >>> moments.update(np.array([[1.0], [2.0]]))
    >>> moments.update(np.array([[6.0]]))
    >>> moments.mean.tolist(), moments.variance.round(6).tolist(), moments.high.tolist()
    ([3.0], [4.666667], [6.0])
    """

    def __init__(self, columns: int) -> None:
        self.count = 0
        self.mean = np.zeros(columns)
        self._m2 = np.zeros(columns)
        self.low = np.full(columns, np.inf)
        self.high = np.full(columns, -np.inf)

    def update(self, values: NDArray[np.floating]) -> None:
        """Add a batch of shape (N, columns)."""
        values = np.asarray(values, dtype=np.float64)
        n = len(values)
        if n == 0:
            return
        mean = values.mean(axis=0)
        m2 = np.square(values - mean).sum(axis=0)
        total = self.count + n
        shift = mean - self.mean
        self._m2 = self._m2 + m2 + shift**2 * (self.count * n / total)
        self.mean = self.mean + shift * (n / total)
        self.count = total
        self.low = np.minimum(self.low, values.min(axis=0))
        self.high = np.maximum(self.high, values.max(axis=0))

    @property
    def variance(self) -> NDArray[np.float64]:
        """Population variance (division by N) per column; zero without values."""
        return self._m2 / max(self.count, 1)
