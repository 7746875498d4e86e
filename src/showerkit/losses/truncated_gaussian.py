r"""Logarithmic density of a Gaussian that is cut off at the ends of an interval.

The usual form, the Gaussian's density over a difference of two distribution functions, is 0/0 where the mean
lies outside of the interval, and in single precision that is a few sigma away. Here everything is measured
from the end of the interval that is nearest to the mean: with u the distance of the value from that end and c
that of the mean beyond it, in sigma, and w the interval's width in sigma,

.. math:: \ln p = -\ln \sigma - \tfrac12 u^2 - c u - \ln J, \quad J = \int_0^w e^{-c t - t^2/2} dt,

in which nothing large cancels, however far the mean lies outside.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

_LOG_ROOT_TWO_PI: Final = 0.5 * math.log(2.0 * math.pi)
_ROOT_HALF: Final = math.sqrt(0.5)
_ROOT_TWO_OVER_PI: Final = math.sqrt(2.0 / math.pi)
#: Below this w (w + |c|) the integrand is so flat that eight nodes give it to double precision.
_FLAT: Final = 2.0
#: Gauss and Legendre's eight nodes and weights, on (0, 1).
_NODES: Final = tuple(
    0.5 + 0.5 * sign * node
    for node in (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
    for sign in (-1.0, 1.0)
)
_NODE_WEIGHTS: Final = tuple(
    0.5 * weight
    for weight in (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)
    for _ in range(2)
)


def log_truncated_gaussian(
    value: Tensor, mean: Tensor, sigma: Tensor, low: float | Tensor, high: float | Tensor
) -> Tensor:
    r"""Compute the logarithmic density of a Gaussian cut off outside of [low, high].

    .. math:: \ln p(y) = -\frac{(y - \mu)^2}{2 \sigma^2} - \ln(\sqrt{2 \pi} \sigma)
              - \ln \left(\Phi\left(\tfrac{b - \mu}{\sigma}\right)
              - \Phi\left(\tfrac{a - \mu}{\sigma}\right)\right)

    Value and gradient are finite for every mean. The derivative by the mean is
    :math:`(y - \langle y \rangle)/\sigma^2` with the mean of the law that is cut off, so that it stays below
    :math:`(b - a)/\sigma^2` however far the mean lies outside.

    Parameters
    ----------
    value
        The values y, shape (...). Beyond the ends, where the density is 0, the formula is continued.
    mean, sigma
        Mean and sigma > 0 of the Gaussian before it is cut off, shapes that broadcast with `value`.
    low, high
        The ends a < b of the interval.

    Returns
    -------
    torch.Tensor
        Logarithmic density, of the common shape.

    Examples
    --------
    >>> middle, one = torch.tensor(0.5), torch.tensor(1.0)
    >>> round(float(log_truncated_gaussian(middle, middle, one, 0, 1)), 4)  # phi(0) / (Phi(1/2) - Phi(-1/2))
    0.041
    >>> far = torch.tensor(100.0)
    >>> round(float(log_truncated_gaussian(middle, far, one, 0, 1)), 3)  # all but exponential
    -45.03
    """
    low, high = (torch.as_tensor(end, dtype=mean.dtype, device=mean.device) for end in (low, high))
    width = (high - low) / sigma
    above = mean > 0.5 * (low + high)
    distance = torch.where(above, high - value, value - low) / sigma
    beyond = torch.where(above, mean - high, low - mean) / sigma
    # A Gaussian so wide that it is flat over the interval is left to the integral wherever its mean is.
    inside = (beyond < 0.0) & ~_is_flat(beyond, width)
    within = -0.5 * (distance + beyond).square() - _log_straddling(torch.where(inside, beyond, -0.5), width)
    outer = torch.where(inside, 0.0, beyond)
    outside = -distance * (0.5 * distance + outer) - _log_tail_integral(outer, width)
    return torch.where(inside, within, outside) - sigma.log()


def _is_flat(beyond: Tensor, width: Tensor) -> Tensor:
    return width * (width + beyond.abs()) < _FLAT


def _log_straddling(beyond: Tensor, width: Tensor) -> Tensor:
    """Logarithm of the integral of exp(-t^2/2) from `beyond` < 0 to `beyond` + `width` > 0."""
    # Two positive numbers are added: nothing cancels.
    both = torch.erf((beyond + width) * _ROOT_HALF) + torch.erf(-beyond * _ROOT_HALF)
    # Where this is not the branch in use, `beyond` may not fit `width`.
    safe = torch.where(both > 0.0, both, 1.0)
    return safe.log() + (_LOG_ROOT_TWO_PI - math.log(2.0))


def _log_tail_integral(beyond: Tensor, width: Tensor) -> Tensor:
    """Logarithm of J for a mean at or beyond the end (c = `beyond` >= 0), or a flat Gaussian."""
    exponent = width * (0.5 * width + beyond)
    flat = _is_flat(beyond, width)
    # Flat: quadrature; the difference of two nearly equal numbers would have lost its digits.
    c, w = torch.where(flat, beyond, 0.0), torch.where(flat, width, 1.0)
    total = torch.zeros_like(c)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        total = total + weight * torch.exp(-node * w * (c + 0.5 * node * w))
    by_nodes = w.log() + total.log()
    # Steep: ln(M(c) - exp(-(c w + w^2/2)) M(c + w)), with M Mills' ratio.
    c, w = torch.where(flat, 1.0, beyond), torch.where(flat, 2.0, width)
    near, far = log_mills_ratio(c), log_mills_ratio(c + w)
    by_ratio = near + log_one_minus_exp(torch.where(flat, 1.0, exponent) + near - far)
    return torch.where(flat, by_nodes, by_ratio)


def log_one_minus_exp(positive: Tensor) -> Tensor:
    """Compute ln(1 - exp(-x)) for x > 0 without loss of digits at either end.

    Source: M. Maechler, Accurately computing log(1 - exp(-|a|)), 2012.

    Parameters
    ----------
    positive
        x > 0, any shape.

    Returns
    -------
    torch.Tensor
        Same shape.

    Examples
    --------
    >>> round(float(log_one_minus_exp(torch.tensor(1e-10))), 3)  # ln x
    -23.026
    """
    small = positive < math.log(2.0)
    near = torch.where(small, positive, 1.0)
    far = torch.where(small, 1.0, positive)
    return torch.where(small, (-torch.expm1(-near)).log(), torch.log1p(-torch.exp(-far)))


def log_mills_ratio(x: Tensor) -> Tensor:
    r"""Compute the logarithm of Mills' ratio, :math:`\ln \frac{1 - \Phi(x)}{\phi(x)}`, for x >= 0.

    The gradient, :math:`x - 1/M(x)`, is taken from its asymptotic series where the difference would cancel.

    Parameters
    ----------
    x
        Values >= 0, any shape.

    Returns
    -------
    torch.Tensor
        Same shape.

    Examples
    --------
    >>> round(float(log_mills_ratio(torch.tensor(0.0)).exp()), 4)  # sqrt(pi / 2)
    1.2533
    """
    result: Tensor = _LogMillsRatio.apply(x)  # type: ignore[no-untyped-call]
    return result


class _LogMillsRatio(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        ratio: Tensor = torch.special.erfcx(x * _ROOT_HALF) / _ROOT_TWO_OVER_PI
        return ratio.log()

    @staticmethod
    def backward(context: Any, upstream: Tensor) -> Tensor:
        (x,) = context.saved_tensors
        # The series is good to 1e-5 from 8 on, and to 1e-13 from 40 on, where the difference is as good.
        switch = 40.0 if x.dtype == torch.float64 else 8.0
        great = x > switch
        far = torch.where(great, x, switch).reciprocal()
        square = far.square()
        series = -far * (1.0 - square * (2.0 - square * (10.0 - square * (74.0 - 706.0 * square))))
        near = torch.where(great, 0.0, x)
        difference = near - _ROOT_TWO_OVER_PI / torch.special.erfcx(near * _ROOT_HALF)
        return upstream * torch.where(great, series, difference)
