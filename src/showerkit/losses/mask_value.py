"""Regression loss of the ZDC reports: which cells are hit, and how much energy they hold."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from showerkit.losses.mask_value_config import MaskValueLossConfig

__all__ = ["MaskValueLossConfig", "MaskValueLosses", "mask_value_loss"]


class MaskValueLosses(NamedTuple):
    """The three figures of the regression loss."""

    total: Tensor
    mask: Tensor
    value: Tensor


def mask_value_loss(
    mask_logit: Tensor, value: Tensor, hit: Tensor, target: Tensor, config: MaskValueLossConfig
) -> MaskValueLosses:
    r"""Compute binary cross entropy of the hits plus weighted squared error of the energies.

    .. math:: L = -\langle y \ln p + (1 - y) \ln(1 - p) \rangle + w \langle (v - t)^2 \rangle

    with p = sigmoid(`mask_logit`), y = `hit`, v = `value`, t = `target`, averages over cells and events, the
    second over all cells or over those hit. Source: ZDC ML status report 2025/07/09, second attempt.

    Parameters
    ----------
    mask_logit, value
        The network's two outputs, of one shape.
    hit
        1 where a cell is hit and 0 elsewhere, same shape.
    target
        Normalised energy, same shape.
    config
        Weight w and the cells that count.

    Returns
    -------
    MaskValueLosses
        total, mask and value (unweighted), each a scalar.

    Examples
    --------
    >>> zero = torch.zeros(1, 1, 2, 2)
    >>> losses = mask_value_loss(zero, zero, zero, zero + 0.5, MaskValueLossConfig(value_weight=2.0))
    >>> [round(float(part), 4) for part in losses]  # ln 2 + 2 * 0.25, ln 2, 0.25
    [1.1931, 0.6931, 0.25]
    """
    mask = functional.binary_cross_entropy_with_logits(mask_logit, hit)
    if config.value_cells == "hit":
        # A batch without any hit has no energy to learn: its sum is 0, divided by 1.
        squares = (hit * (value - target)).square().sum()
        value_loss = squares / hit.sum().clamp(min=1.0)
    else:
        value_loss = functional.mse_loss(value, target)
    return MaskValueLosses(torch.add(mask, value_loss, alpha=config.value_weight), mask, value_loss)
