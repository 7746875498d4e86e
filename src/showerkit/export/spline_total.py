"""Total energies from a spline flow, inside a graph."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from showerkit.models.total_energy_flow import TotalEnergyFlow

#: Where the spline ends, and the least slopes of spline and affine map: zuko's.
_BOUND: Final = 5.0
_LOG_LEAST_SLOPE: Final = math.log(1.0e-3)


class SplineTotal(nn.Module):
    """`TotalEnergyFlow.total_mev` with operations that a graph can hold.

    Parameters
    ----------
    flow
        The flow.
    """

    def __init__(self, flow: TotalEnergyFlow) -> None:
        super().__init__()
        self.flow = copy.deepcopy(flow).double().eval()

    def forward(self, condition: Tensor, incident_mev: Tensor, normal: Tensor) -> Tensor:
        """Give total energies in MeV.

        Parameters
        ----------
        condition
            The network's inputs, shape (N, inputs).
        incident_mev
            Incident energies in MeV, shape (N, 1).
        normal
            Standard normal numbers, shape (N, 1).

        Returns
        -------
        torch.Tensor
            Totals in MeV, shape (N, 1).
        """
        flow = self.flow
        told = torch.cat([condition.double(), incident_mev.log()], dim=1)
        hidden = (told - flow.inputs_mean) / flow.inputs_log_width.exp()
        for layer in flow.hidden:
            # The runtime's SiLU is one of single precision.
            hidden = layer(hidden) if isinstance(layer, nn.Linear) else hidden * sigmoid(hidden)
        bins = flow.config.bins
        shift, scale, widths, heights, slopes = flow.knots(hidden).split([1, 1, bins, bins, bins - 1], dim=1)
        of_one = (parameter[:, None, :] for parameter in (widths, heights, slopes))
        inner = inverse_spline(normal.double(), *of_one)
        standardised = (inner - shift) / _bounded(scale, 1.0).exp()
        u = standardised * flow.log_width.exp() + flow.mean
        return incident_mev * (sigmoid(u) if flow.config.variable == "logit" else u.exp())


def inverse_spline(y: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor) -> Tensor:
    """Invert monotonic rational-quadratic splines on [-5, 5] (Durkan et al., 2019, arXiv:1906.04032).

    Parameters
    ----------
    y
        Values of the splines, shape (N, F).
    widths, heights, slopes
        Their unconstrained parameters, shapes (N, F, K), (N, F, K) and (N, F, K - 1).

    Returns
    -------
    torch.Tensor
        Arguments, shape (N, F); y itself outside [-5, 5].
    """
    ends = functional.pad(_bounded(slopes, 1.0), (1, 1)).exp()
    x = _knots(_bounded(widths, 2.0))
    v = _knots(_bounded(heights, 2.0))
    last = widths.shape[2] - 1
    piece = ((v < y[:, :, None]).long().sum(dim=2, keepdim=True) - 1).clamp(0, last)

    def at(knots: Tensor) -> tuple[Tensor, Tensor]:
        return knots.gather(2, piece)[:, :, 0], knots.gather(2, piece + 1)[:, :, 0]

    (x0, x1), (v0, v1), (d0, d1) = at(x), at(v), at(ends)
    mean = (v1 - v0) / (x1 - x0)
    above = torch.minimum(torch.maximum(y, v0), v1) - v0
    bend = above * (d0 + d1 - 2.0 * mean)
    a = (v1 - v0) * (mean - d0) + bend
    b = (v1 - v0) * d0 - bend
    c = -mean * above
    share = 2.0 * c / (-b - (b.square() - 4.0 * a * c).clamp(min=0.0).sqrt())
    return torch.where(y.abs() < _BOUND, x0 + share * (x1 - x0), y)


def _bounded(parameter: Tensor, factor: float) -> Tensor:
    """Keep an unconstrained parameter so that no slope falls below the least one."""
    return parameter / (1.0 + (factor * parameter / _LOG_LEAST_SLOPE).abs())


def _knots(shares: Tensor) -> Tensor:
    """Knots from unnormalised logarithmic distances (N, F, K), shape (N, F, K + 1)."""
    # Written out, since the runtime has neither softmax nor running sums in double precision everywhere.
    weight = (shares - shares.amax(dim=2, keepdim=True)).exp()
    share = weight / weight.sum(dim=2, keepdim=True)
    count = shares.shape[2]
    upto = torch.ones(count, count + 1, dtype=shares.dtype).triu(1)
    return _BOUND * (2.0 * (share @ upto) - 1.0)


def sigmoid(value: Tensor) -> Tensor:
    """Give 1 / (1 + exp(-x)), which the runtime has in single precision only."""
    return 1.0 / (1.0 + (-value).exp())
