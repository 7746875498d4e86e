"""Residuals drawn from a table of quantiles, inside a graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from showerkit.train.value_spread import quantile_levels

if TYPE_CHECKING:
    from showerkit.train.value_spread import ValueSpread


class QuantileTable(nn.Module):
    """`ValueSpread.draw` for tensors.

    Parameters
    ----------
    spread
        The table.

    Examples
    --------
    >>> from showerkit.train.value_spread import ValueSpread
    >>> from showerkit.train.value_spread import quantile_levels
    >>> even = tuple(quantile_levels().tolist())
    >>> table = QuantileTable(ValueSpread(edges=(0.5,), quantiles=(even, tuple(10 + q for q in even))))
    >>> predicted, uniform = torch.tensor([[0.2, 0.7]]).double(), torch.tensor([[0.25, 0.25]])
    >>> [[round(value, 6) for value in row] for row in table(predicted, uniform).tolist()]
    [[0.25, 10.25]]
    """

    edges: Tensor
    quantiles: Tensor
    levels: Tensor

    def __init__(self, spread: ValueSpread) -> None:
        super().__init__()
        # As many edges as a binary search of whole steps wants; those beyond the table are never passed.
        self.steps = max(1, math.ceil(math.log2(len(spread.edges) + 1)))
        edges = torch.full((2**self.steps,), math.inf, dtype=torch.float64)
        edges[: len(spread.edges)] = torch.tensor(spread.edges, dtype=torch.float64)
        self.register_buffer("edges", edges)
        self.register_buffer("quantiles", torch.tensor(spread.quantiles, dtype=torch.float64))
        self.register_buffer("levels", torch.from_numpy(quantile_levels()))

    def forward(self, predicted: Tensor, uniform: Tensor) -> Tensor:
        """Draw residuals of predicted values by uniform numbers of the same shape."""
        row = torch.zeros_like(predicted, dtype=torch.long)
        for power in reversed(range(self.steps)):
            row = row + torch.where(self.edges[row + (2**power - 1)] <= predicted, 2**power, 0)
        last = self.levels.shape[0] - 2
        # In single precision the arc cosine tells the step to within one; what the runtime has is no better.
        level = uniform.double()
        angle = (1.0 - 2.0 * uniform).clamp(-1.0, 1.0).acos()
        step = (angle * ((last + 1) / math.pi)).long().clamp(max=last)
        step = (step - (level < self.levels[step]).long()).clamp(min=0)
        step = (step + (level >= self.levels[step + 1]).long()).clamp(max=last)
        table, width = self.quantiles.flatten(), self.quantiles.shape[1]
        low, high = table[row * width + step], table[row * width + step + 1]
        begin = self.levels[step]
        share = (level - begin) / (self.levels[step + 1] - begin)
        return low + share.clamp(0.0, 1.0) * (high - low)
