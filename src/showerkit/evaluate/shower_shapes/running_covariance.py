"""Mean and covariance of vectors that arrive in batches, without keeping them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


class RunningCovariance:
    """Accumulates the mean and covariance of vectors (Chan, Golub and LeVeque, 1983).

    Parameters
    ----------
    size
        Length P of the vectors.

    Examples
    --------
    >>> running = RunningCovariance(1)
    >>> running.add(np.array([[1.0], [3.0]]))
    >>> running.add(np.array([[5.0]]))
    >>> float(running.mean[0]), float(running.covariance[0, 0])
    (3.0, 4.0)
    """

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean: FloatArray = np.zeros(size)
        self._scatter: FloatArray = np.zeros((size, size))

    def add(self, vectors: FloatArray) -> None:
        """Add vectors, shape (N, P)."""
        added = len(vectors)
        if added == 0:
            return
        mean = vectors.mean(axis=0)
        centred = vectors - mean
        shift = mean - self.mean
        total = self.count + added
        self._scatter += centred.T @ centred + np.outer(shift, shift) * (self.count * added / total)
        self.mean = self.mean + shift * (added / total)
        self.count = total

    @property
    def covariance(self) -> FloatArray:
        """Covariance of one vector, shape (P, P); zero below two vectors."""
        return self._scatter / max(self.count - 1, 1)

    @property
    def covariance_of_mean(self) -> FloatArray:
        """Covariance of the mean, shape (P, P)."""
        return self.covariance / max(self.count, 1)
