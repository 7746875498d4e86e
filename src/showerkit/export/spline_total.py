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
            hidden = layer(hidden) if isinstance(layer, nn.Linear) else hidden * _sigmoid(hidden)
        bins = flow.config.bins
        shift, scale, widths, heights, slopes = flow.knots(hidden).split([1, 1, bins, bins, bins - 1], dim=1)
        inner = inverse_spline(normal.double(), widths, heights, slopes)
        standardised = (inner - shift) / _bounded(scale, 1.0).exp()
        u = standardised * flow.log_width.exp() + flow.mean
        return incident_mev * (_sigmoid(u) if flow.config.variable == "logit" else u.exp())


def inverse_spline(y: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor) -> Tensor:
    """Invert a monotonic rational-quadratic spline on [-5, 5] (Durkan et al., 2019, arXiv:1906.04032).

    Parameters
    ----------
    y
        Values of the spline, shape (N, 1).
    widths, heights, slopes
        Its unconstrained parameters, shapes (N, K), (N, K) and (N, K - 1).

    Returns
    -------
    torch.Tensor
        Arguments, shape (N, 1); y itself outside [-5, 5].
    """
    ends = functional.pad(_bounded(slopes, 1.0), (1, 1)).exp()
    x = _knots(_bounded(widths, 2.0))
    v = _knots(_bounded(heights, 2.0))
    last = widths.shape[1] - 1
    piece = ((v < y).long().sum(dim=1, keepdim=True) - 1).clamp(0, last)
    x0, x1 = x.gather(1, piece), x.gather(1, piece + 1)
    v0, v1 = v.gather(1, piece), v.gather(1, piece + 1)
    d0, d1 = ends.gather(1, piece), ends.gather(1, piece + 1)
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
    """Knots from unnormalised logarithmic distances, shape (N, K + 1)."""
    # Written out, since the runtime has neither softmax nor running sums in double precision everywhere.
    weight = (shares - shares.amax(dim=1, keepdim=True)).exp()
    share = weight / weight.sum(dim=1, keepdim=True)
    count = shares.shape[1]
    upto = torch.ones(count, count + 1, dtype=shares.dtype).triu(1)
    return _BOUND * (2.0 * (share @ upto) - 1.0)


def _sigmoid(value: Tensor) -> Tensor:
    return 1.0 / (1.0 + (-value).exp())
