"""How cell energies scatter about the network's VALUE, learnt from events that the training never saw."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from pydantic import model_validator

from showerkit.configuration import StrictConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS: Final = 48
_STEPS: Final = 64
_FEWEST_PER_BIN: Final = 200


class ValueSpread(StrictConfig):
    """Distribution of (true - predicted) normalised energy of hit cells, in bins of the predicted one.

    Regression gives the mean of what a cell may hold; the showers scatter about it. In each bin the quantiles
    of the residual are kept, at levels (1 - cos(pi k / K)) / 2, which are dense towards both tails, and drawn
    by inversion.

    Parameters
    ----------
    edges
        Predicted values that separate the bins, rising, one fewer than bins.
    quantiles
        Residuals at the K + 1 levels for every bin.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> predicted = random.random(100_000)
    >>> residual = random.normal(0.0, 0.1, 100_000)
    >>> spread = ValueSpread.fit(predicted, residual)
    >>> drawn = spread.draw(predicted, random.random(100_000))
    >>> round(float(drawn.std()), 2)
    0.1
    """

    edges: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.quantiles) != len(self.edges) + 1:
            raise ValueError("one bin more than edges")
        if any(len(row) != _STEPS + 1 for row in self.quantiles):
            raise ValueError(f"{_STEPS + 1} quantiles in each bin")
        if any(b < a for row in (self.edges, *self.quantiles) for a, b in pairwise(row)):
            raise ValueError("edges and quantiles that rise")
        return self

    @classmethod
    def fit(cls, predicted: NDArray[np.floating], residual: NDArray[np.floating]) -> Self | None:
        """Learn the quantiles.

        Parameters
        ----------
        predicted
            Predicted values of hit cells, shape (M,).
        residual
            True minus predicted values, shape (M,).

        Returns
        -------
        ValueSpread or None
            None if there are too few cells to say anything.
        """
        bins = min(_BINS, len(predicted) // _FEWEST_PER_BIN)
        if bins < 1:
            return None
        # Equal predictions stay in one bin, so there may be fewer bins than quantiles.
        inner = np.quantile(predicted, np.arange(1, bins) / bins)
        edges = np.unique(inner[(inner > predicted.min()) & (inner <= predicted.max())])
        row = np.searchsorted(edges, predicted, side="right")
        quantiles = [
            tuple(np.quantile(residual[row == number], quantile_levels()).tolist())
            for number in range(len(edges) + 1)
        ]
        return cls(edges=tuple(edges.tolist()), quantiles=tuple(quantiles))

    def draw(self, predicted: NDArray[np.floating], uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        """Draw residuals.

        Parameters
        ----------
        predicted
            Predicted values, shape (M,).
        uniform
            Uniform numbers in (0, 1), shape (M,).

        Returns
        -------
        numpy.ndarray
            Residuals, shape (M,).
        """
        table, levels = np.asarray(self.quantiles), quantile_levels()
        row = np.searchsorted(np.asarray(self.edges), predicted, side="right")
        step = np.minimum((np.arccos(1.0 - 2.0 * uniform) * (_STEPS / np.pi)).astype(np.int64), _STEPS - 1)
        low, high = table[row, step], table[row, step + 1]
        share = (uniform - levels[step]) / (levels[step + 1] - levels[step])
        return np.asarray(low + np.clip(share, 0.0, 1.0) * (high - low), dtype=np.float64)


def quantile_levels() -> NDArray[np.float64]:
    """Give the levels of the quantiles, from 0 to 1."""
    return np.asarray(0.5 * (1.0 - np.cos(np.pi * np.arange(_STEPS + 1) / _STEPS)), dtype=np.float64)
