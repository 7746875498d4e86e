"""Negative logarithmic likelihoods of a true energy, given what a network says of it.

Energies are in any one unit, GeV by custom, in which numbers are of order one; a likelihood has the inverse
unit. Every function gives one number per event.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from showerkit.losses.truncated_gaussian import log_truncated_gaussian

_LOG_ROOT_TWO_PI: Final = 0.5 * math.log(2.0 * math.pi)


def root_energy_sigma(energy: Tensor, k: float | Tensor, least: float) -> Tensor:
    r"""Compute :math:`\sigma = \max(k \sqrt E, \sigma_{least})`, the stochastic term of a calorimeter.

    Parameters
    ----------
    energy
        Energies E, shape (...); below 0 taken as 0.
    k
        Stochastic term in the root of the energy's unit.
    least
        Least sigma.

    Returns
    -------
    torch.Tensor
        Sigma, same shape.

    Examples
    --------
    >>> root_energy_sigma(torch.tensor([0.0, 4.0]), 0.5, 0.125).tolist()
    [0.125, 1.0]
    """
    # The root's own slope is boundless at 0: keep it where the least sigma takes over.
    return (k * energy.clamp(min=torch.finfo(energy.dtype).tiny).sqrt()).clamp(min=least)


def root_energy_loss(
    true: Tensor, predicted: Tensor, k: float | Tensor, low: float, high: float, *, least_sigma: float
) -> Tensor:
    r"""Compute the loss of a Gaussian cut off at the energy range, with sigma from the true energy.

    .. math:: L = \frac{(y - \hat y)^2}{\sigma^2} + \ln\left(\frac{\pi \sigma^2}{2} \left(
              \mathrm{erf}\frac{\hat y - a}{\sqrt 2 \sigma} - \mathrm{erf}\frac{\hat y - b}{\sqrt 2 \sigma}
              \right)^2\right) = -2 \ln p, \quad \sigma = k \sqrt y

    As a function of the prediction it removes the pull towards the middle that the squared error has at the
    ends. Away from the ends, and for uniform energies, its lowest point is unbiased: a signal x that scatters
    about y with sigma k sqrt(y) has :math:`\langle 1/y \rangle_x = 1/x`, hence the best prediction x. Since
    sigma depends on y it is no density of y; with a learnt k its lowest point is at
    :math:`k^2 = \langle (y - \hat y)^2 / y \rangle` but for the ends.
    Source: S. Schnake, Energy regression with deep learning in particle collider physics, 2019.

    Parameters
    ----------
    true, predicted
        Energies y and predictions, of one shape.
    k
        Stochastic term, in the root of the energies' unit.
    low, high
        The ends a < b of the range in which the true energies lie.
    least_sigma
        Sigma is never below this.

    Returns
    -------
    torch.Tensor
        -2 ln p per event (twice the other likelihoods of this module).

    Examples
    --------
    >>> loss = root_energy_loss(torch.tensor(4.0), torch.tensor(4.5), 0.25, 0.0, 100.0, least_sigma=0.01)
    >>> round(float(loss), 4)  # 1 + ln(2 pi / 4): the ends are far
    1.4516
    """
    sigma = root_energy_sigma(true, k, least_sigma)
    return -2.0 * log_truncated_gaussian(true, predicted, sigma, low, high)


def truncated_gaussian_nll(true: Tensor, mean: Tensor, sigma: Tensor, low: float, high: float) -> Tensor:
    """Compute -ln p of a Gaussian with predicted mean and sigma, cut off outside of [low, high].

    See `showerkit.losses.truncated_gaussian.log_truncated_gaussian` for the equation.

    Parameters
    ----------
    true, mean, sigma
        True energies, means and sigmas > 0, of one shape.
    low, high
        The ends of the range in which the true energies lie.

    Returns
    -------
    torch.Tensor
        -ln p per event.

    Examples
    --------
    >>> one = torch.ones(1)
    >>> truncated_gaussian_nll(one, one, 1e6 * one, 0.0, 4.0).exp().round(decimals=3).tolist()  # uniform
    [4.0]
    """
    return -log_truncated_gaussian(true, mean, sigma, low, high)


def gaussian_nll(true: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    r"""Compute :math:`-\ln p = \frac{(y - \mu)^2}{2 \sigma^2} + \ln(\sqrt{2 \pi} \sigma)`.

    Source: D. Nix and A. Weigend, Proc. ICNN (1994) 55.

    Parameters
    ----------
    true, mean, sigma
        True energies, means and sigmas > 0, shapes that broadcast.

    Returns
    -------
    torch.Tensor
        -ln p per event.

    Examples
    --------
    >>> round(float(gaussian_nll(torch.tensor(3.0), torch.tensor(2.0), torch.tensor(1.0))), 4)
    1.4189
    """
    return 0.5 * ((true - mean) / sigma).square() + sigma.log() + _LOG_ROOT_TWO_PI


def gaussian_mixture_nll(true: Tensor, logit: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    r"""Compute -ln p of a sum of Gaussians.

    .. math:: p(y) = \sum_j \pi_j \mathcal{N}(y; \mu_j, \sigma_j)

    with the shares pi = softmax(logit).

    Source: C. Bishop, Mixture density networks, Aston University NCRG/94/004, 1994.

    Parameters
    ----------
    true
        True energies, shape (B,).
    logit, mean, sigma
        Logits of the shares, means and sigmas > 0, shape (B, components).

    Returns
    -------
    torch.Tensor
        -ln p, shape (B,).

    Examples
    --------
    >>> zero = torch.zeros(1, 2)
    >>> round(float(gaussian_mixture_nll(torch.ones(1), zero, zero, zero + 1.0)), 4)
    1.4189
    """
    of_each = -gaussian_nll(true[:, None], mean, sigma)
    return -torch.logsumexp(functional.log_softmax(logit, dim=1) + of_each, dim=1)


def pinball_loss(true: Tensor, quantile: Tensor, levels: Tensor) -> Tensor:
    r"""Compute the pinball loss, whose lowest point is the quantile.

    .. math:: L_\alpha = \max(\alpha (y - q), (\alpha - 1) (y - q))

    Source: R. Koenker and G. Bassett, Econometrica 46 (1978) 33.

    Parameters
    ----------
    true
        True energies, shape (B,).
    quantile
        Predicted quantiles q, shape (B, levels).
    levels
        Levels in (0, 1), shape (levels,).

    Returns
    -------
    torch.Tensor
        Mean over the levels, shape (B,).

    Examples
    --------
    >>> pinball_loss(torch.ones(1), torch.zeros(1, 1), torch.tensor([0.25])).tolist()
    [0.25]
    >>> pinball_loss(torch.zeros(1), torch.ones(1, 1), torch.tensor([0.25])).tolist()
    [0.75]
    """
    over = true[:, None] - quantile
    return torch.maximum(levels * over, (levels - 1.0) * over).mean(dim=1)
