"""Back through monotonic rational-quadratic splines, by the bins alone that numbers fall into."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from torch import Tensor

#: Where splines end, and their least slope: zuko's.
_BOUND: Final = 5.0
_LOG_LEAST_SLOPE: Final = math.log(1.0e-3)


def inverse_spline(y: Tensor, knots: Tensor) -> Tensor:
    r"""Give the arguments whose images under splines are y.

    With z the place in its bin, the image is a ratio of quadratic polynomials, and z solves

    .. math:: a z^2 + b z + c = 0, \quad a = h (s - d_k) + e, \quad b = h d_k - e, \quad c = -s (y - y_k),
              \qquad e = (y - y_k) (d_k + d_{k+1} - 2 s)

    with a bin's height h, mean slope s and slopes d at its ends (arXiv:1906.04032, eqs. 6 to 8). It is the
    inverse of `zuko.transforms.MonotonicRQSTransform`, in a third of its operations: slopes are computed for
    the ends of one bin, and what belongs to one knot of all splines lies together.

    Parameters
    ----------
    y
        Images, shape (B,).
    knots
        Unconstrained widths of K bins, then their heights, then the slopes at the K - 1 inner knots, shape
        (3 K - 1, B).

    Returns
    -------
    torch.Tensor
        Arguments, shape (B,); y itself beyond the ends of the splines, at -5 and 5.

    Examples
    --------
    >>> inverse_spline(torch.tensor([0.5, -7.0]), torch.zeros(11, 2)).tolist()
    [0.5, -7.0]
    """
    bins = (len(knots) + 1) // 3
    raw = knots[: 2 * bins]
    # Within a factor 32 of 1: no need to subtract the largest.
    weight = (raw / (1.0 + (2.0 / -_LOG_LEAST_SLOPE) * raw.abs())).exp().view(2, bins, -1)
    upto = weight.cumsum(dim=1)
    scale = 2.0 * _BOUND / upto[:, -1]
    number = (upto[1, :-1] < y * (upto[1, -1] / (2.0 * _BOUND)) + 0.5 * upto[1, -1]).sum(dim=0)
    at = number.expand(2, 1, -1)
    width, height = (weight.gather(1, at)[:, 0] * scale).unbind(dim=0)
    right, top = (upto.gather(1, at)[:, 0] * scale - _BOUND).unbind(dim=0)
    ends = torch.stack([number - 1, number])
    slopes = knots[2 * bins :].gather(0, ends.clamp(0, bins - 2))
    slopes = (slopes / (1.0 + (1.0 / -_LOG_LEAST_SLOPE) * slopes.abs())).exp()
    first, last = torch.where((ends < 0) | (ends > bins - 2), 1.0, slopes).unbind(dim=0)
    mean = height / width
    above = torch.minimum((y - (top - height)).clamp(min=0.0), height)
    bend = above * (first + last - 2.0 * mean)
    a = height * (mean - first) + bend
    b = height * first - bend
    c = -mean * above
    place = 2.0 * c / (-b - (b.square() - 4.0 * a * c).clamp(min=0.0).sqrt())
    return torch.where(y.abs() < _BOUND, right + (place - 1.0) * width, y)
