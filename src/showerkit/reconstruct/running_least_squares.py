"""A linear fit by least squares to a stream of events, in one pass and little memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

#: Columns whose correlation matrix has a smaller eigenvalue are linearly dependent.
_SINGULAR: Final = 1e-10
#: What is then added to the diagonal of the correlation matrix.
_RIDGE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class LinearFit:
    """A linear function and how it was found.

    Parameters
    ----------
    weights
        One for each column.
    intercept
        Value where all columns are 0.
    ridge
        What was added to the diagonal of the columns' correlation matrix; 0 for plain least squares.
    n_events
        Number of events of the fit.
    """

    weights: FloatArray
    intercept: float
    ridge: float
    n_events: int


class RunningLeastSquares:
    r"""Least squares of y on some columns x, from their means and co-moments.

    .. math:: w = C_{xx}^{-1} c_{xy}, \qquad b = \bar y - w \cdot \bar x

    Two parts a, b of a sample merge as
    :math:`C = C_a + C_b + (\bar z_b - \bar z_a)(\bar z_b - \bar z_a)^T n_a n_b / (n_a + n_b)` with z = (x, y)
    (Chan, Golub and LeVeque, 1979), which loses no digits when means are large.

    Parameters
    ----------
    columns
        Number of columns.

    Examples
    --------
    >>> fit = RunningLeastSquares(1)
    >>> fit.update(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]))
    >>> fit.update(np.array([[2.0]]), np.array([5.0]))
    >>> found = fit.solve()
    >>> found.weights.round(9).tolist(), round(found.intercept, 9), found.ridge
    ([2.0], 1.0, 0.0)
    """

    def __init__(self, columns: int) -> None:
        self.n_events = 0
        self._mean = np.zeros(columns + 1)
        self._moments = np.zeros((columns + 1, columns + 1))

    def update(self, x: FloatArray, y: FloatArray) -> None:
        """Add a batch: x of shape (N, columns) and y of shape (N,)."""
        n = len(x)
        if n == 0:
            return
        table = np.column_stack([x, y])
        mean = table.mean(axis=0)
        table -= mean
        total = self.n_events + n
        shift = mean - self._mean
        self._moments += table.T @ table + np.outer(shift, shift) * (self.n_events * n / total)
        self._mean += shift * (n / total)
        self.n_events = total

    def solve(self) -> LinearFit:
        """Find the weights.

        A ridge is added only where columns are linearly dependent (a dead layer), so that the weights, of
        which there are then many with the same sum of squares, are the smallest ones.

        Returns
        -------
        LinearFit
            The fit.

        Raises
        ------
        DataError
            If there are not more events than weights.
        """
        columns = len(self._mean) - 1
        if self.n_events <= columns + 1:
            raise DataError(
                "linear fit",
                got=f"{self.n_events} events",
                expected=f"more than {columns + 1}, the number of weights",
            )
        covariance, projection = self._moments[:-1, :-1], self._moments[:-1, -1]
        width = np.sqrt(np.diag(covariance))
        width = np.where(width > 0, width, 1.0)
        correlation = covariance / np.outer(width, width)
        ridge = _RIDGE if np.linalg.eigvalsh(correlation)[0] < _SINGULAR else 0.0
        weights = np.linalg.solve(correlation + ridge * np.eye(columns), projection / width) / width
        intercept = float(self._mean[-1] - weights @ self._mean[:-1])
        return LinearFit(weights, intercept, ridge, self.n_events)
