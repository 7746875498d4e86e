"""A monotonic rational-quadratic spline whose density is quick to learn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import torch
from torch.autograd.function import once_differentiable
from zuko.transforms import MonotonicRQSTransform

if TYPE_CHECKING:
    from torch import Tensor

#: Where the spline ends, and the least slope: zuko's.
BOUND: Final = 5.0
LEAST_SLOPE: Final = 1.0e-3


class QuickSpline(MonotonicRQSTransform):  # type: ignore[misc]
    r"""The spline of zuko, with a gradient of its own.

    Only the bin that a number falls into matters for its image and slope,

    .. math:: y = y_k + \frac{h\,(s z^2 + d_k z (1 - z))}{s + (d_k + d_{k+1} - 2 s)\, z (1 - z)},
              \qquad z = \frac{x - x_k}{w}, \quad s = \frac hw

    (J. A. Gregory and R. Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; arXiv:1906.04032). Its edges are sums
    of a softmax, whose gradient is written down instead of going through each knot of each spline.

    Parameters
    ----------
    widths, heights
        Of the bins, unconstrained, shape (B, features, bins).
    derivatives
        At the inner knots, unconstrained, shape (B, features, bins - 1).

    Examples
    --------
    >>> spline = QuickSpline(torch.zeros(1, 2, 4), torch.zeros(1, 2, 4), torch.zeros(1, 2, 3))
    >>> y, log_slope = spline.call_and_ladj(torch.tensor([[0.5, 7.0]]))
    >>> y.round(decimals=4).tolist(), log_slope.tolist()
    ([[0.5, 7.0]], [[0.0, 0.0]])
    """

    def __init__(self, widths: Tensor, heights: Tensor, derivatives: Tensor) -> None:
        # The knots are made when they are needed, which is when the spline is inverted.
        self._raw = (widths, heights, derivatives)
        self._made = False

    def __getattr__(self, name: str) -> Any:
        if name in ("_made", "_raw") or self._made:
            raise AttributeError(name)
        self._made = True
        super().__init__(*self._raw, bound=BOUND, slope=LEAST_SLOPE)
        return getattr(self, name)

    def call_and_ladj(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give images and logarithms of slopes of numbers (B, features), each of that shape."""
        widths, heights, derivatives = self._raw
        left, width, low, height, number = _Bin.apply(x, widths, heights)  # type: ignore[no-untyped-call]
        d0, d1 = _slopes(derivatives, number)
        inside = x.abs() < BOUND
        z = torch.where(inside, (x - left) / width, 0.5)
        slope = height / width
        across = z * (1.0 - z)
        below = slope + (d0 + d1 - 2.0 * slope) * across
        y = low + height * (slope * z.square() + d0 * across) / below
        rise = 2.0 * slope * across + d0 * (1.0 - z).square() + d1 * z.square()
        log_slope = 2.0 * (slope / below).log() + rise.log()
        return torch.where(inside, y, x), torch.where(inside, log_slope, 0.0)


def _slopes(derivatives: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    """Give the slopes at the ends of bins with these numbers, 1 at the ends of the spline."""
    last = derivatives.shape[-1]
    at_left = (number - 1).clamp(min=0)[..., None]
    at_right = number.clamp(max=last - 1)[..., None]
    raw = derivatives.gather(-1, torch.cat([at_left, at_right], dim=-1))
    slopes = (raw / (1.0 + raw.abs() * (1.0 / -math.log(LEAST_SLOPE)))).exp()
    d0 = torch.where(number > 0, slopes[..., 0], 1.0)
    d1 = torch.where(number < last, slopes[..., 1], 1.0)
    return d0, d1


class _Bin(torch.autograd.Function):
    """Left edge, width, low edge, height and number of the bin that each number falls into."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, widths: Tensor, heights: Tensor) -> tuple[Tensor, ...]:
        wide, damping_wide = _shares(widths)
        high, damping_high = _shares(heights)
        target = (x + BOUND) / (2.0 * BOUND)
        number = torch.zeros_like(x, dtype=torch.long)
        edge = torch.zeros_like(x)
        for share in wide[:-1]:
            edge = edge + share
            number += edge < target
        before = torch.arange(len(wide), device=x.device)[:, None, None] < number
        found = []
        for shares in (wide, high):
            left = torch.where(before, shares, 0.0).sum(dim=0)
            found += [left, shares.gather(0, number[None])[0]]
        ctx.save_for_backward(wide, damping_wide, high, damping_high, before, number, *found)
        ctx.mark_non_differentiable(number)
        left, width, low, height = found
        scale = 2.0 * BOUND
        return scale * left - BOUND, scale * width, scale * low - BOUND, scale * height, number

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor, Tensor]:
        wide, damping_wide, high, damping_high, before, number, *found = ctx.saved_tensors
        made = []
        for shares, damping, of_edge, of_size, edge, size in (
            (wide, damping_wide, *gradients[:2], *found[:2]),
            (high, damping_high, *gradients[2:4], *found[2:]),
        ):
            along = torch.where(before, of_edge, 0.0) - (of_edge * edge + of_size * size)
            along.scatter_add_(0, number[None], of_size[None])
            made.append((2.0 * BOUND * along * shares * damping.square()).permute(1, 2, 0))
        return None, *made


def _shares(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax of damped numbers (B, features, bins), and the damping factors, shape (bins, B, features)."""
    first = raw.permute(2, 0, 1).contiguous()
    damping = (1.0 + first.abs() * (2.0 / -math.log(LEAST_SLOPE))).reciprocal()
    weights = (first * damping).exp()  # within a factor 32 of 1: no need to subtract the largest
    return weights / weights.sum(dim=0), damping
