"""Distance correlation, a measure of dependence that is 0 for independent quantities alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def distance_correlation_squared(one: Tensor, other: Tensor, *, unbiased: bool = False) -> Tensor:
    r"""Estimate the squared distance correlation of two quantities.

    .. math:: \mathrm{dCorr}^2(X, Y) = \frac{\mathrm{dCov}^2(X, Y)}{\mathrm{dCov}(X, X)\,\mathrm{dCov}(Y, Y)},
              \quad \mathrm{dCov}^2(X, Y) = \frac{1}{n^2} \sum_{ij} A_{ij} B_{ij}

    with A and B the distances |x_i - x_j| and |y_i - y_j| less their means over rows and columns. It is 1 for
    a straight line and invariant to shifts and scales of either quantity. The standard form lies in [0, 1]
    and is of order 1/n for independent quantities; the unbiased one (U-centred matrices) scatters about 0
    there and may be negative. As a penalty in a training: G. Kasieczka and D. Shih, arXiv:2001.05310, in the
    standard form.
    Source: G. Szekely, M. Rizzo and N. Bakirov, Ann. Statist. 35 (2007) 2769; unbiased: Szekely and Rizzo,
    Ann. Statist. 42 (2014) 2382.

    Parameters
    ----------
    one, other
        The two quantities, shape (n,), of n > 3 events; time and memory grow as n^2.
    unbiased
        Choose the unbiased form.

    Returns
    -------
    torch.Tensor
        A scalar; 0 if either quantity is the same for all events.

    Examples
    --------
    >>> x = torch.linspace(0.0, 1.0, 20)
    >>> round(float(distance_correlation_squared(x, 3.0 - 2.0 * x)), 5)
    1.0
    """
    a, b = _centred(one, unbiased=unbiased), _centred(other, unbiased=unbiased)
    of_both, of_one, of_other = (a * b).mean(), a.square().mean(), b.square().mean()
    # Distances of a quantity without any spread are 0: so is its covariance, and 0/0 must not be met.
    scale = of_one * of_other
    spread = scale > torch.finfo(scale.dtype).tiny
    return torch.where(spread, of_both / torch.where(spread, scale, 1.0).sqrt(), 0.0)


def _centred(values: Tensor, *, unbiased: bool) -> Tensor:
    """Distances less their means over rows and columns, in units of their overall mean."""
    distance = (values[:, None] - values[None, :]).abs()
    n = len(values)
    # The unit drops out, and keeps products of four lengths within single precision.
    mean = distance.mean().detach()
    distance = distance / torch.where(mean > 0.0, mean, 1.0)
    rows, total = distance.sum(dim=1), distance.sum()
    if not unbiased:
        return distance - (rows[:, None] + rows[None, :]) / n + total / n**2
    centred = distance - (rows[:, None] + rows[None, :]) / (n - 2) + total / ((n - 1) * (n - 2))
    return centred * (1.0 - torch.eye(n, dtype=values.dtype, device=values.device))
