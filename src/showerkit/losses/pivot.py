r"""The adversarial pivot: a regression whose scaled residual tells nothing about the energy.

An adversary sees :math:`r = (\hat y - y)/\sqrt y` and names the class of the true energy. It sees the
residual itself, no class of it, since only that lets the regression learn how to mislead it. Regression and
adversary are trained in turn, the one with `pivot_loss`, the other with `adversary_loss`.

Source: G. Louppe, M. Kagan and K. Cranmer, arXiv:1611.01046, algorithm 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def scaled_residual(predicted: Tensor, true: Tensor, least_energy: float) -> Tensor:
    r"""Compute :math:`(\hat y - y)/\sqrt y`.

    Its spread is the same at all energies if the resolution has a stochastic term alone.

    Parameters
    ----------
    predicted, true
        Predicted and true energies, shape (B,).
    least_energy
        True energies below this are scaled as this one.

    Returns
    -------
    torch.Tensor
        Scaled residuals in the root of the energies' unit, shape (B,).

    Examples
    --------
    >>> scaled_residual(torch.tensor([5.0, 0.5]), torch.tensor([4.0, 0.0]), 0.25).tolist()
    [0.5, 1.0]
    """
    return (predicted - true) / true.clamp(min=least_energy).sqrt()


def energy_class(true: Tensor, low: float, high: float, classes: int) -> Tensor:
    """Divide [low, high] into classes of equal width; energies outside belong to the first or last.

    Parameters
    ----------
    true
        True energies, shape (B,).
    low, high
        The range of the energies.
    classes
        Number of classes.

    Returns
    -------
    torch.Tensor
        Class of each event, whole numbers from 0 to classes - 1, shape (B,).

    Examples
    --------
    >>> energy_class(torch.tensor([0.0, 0.6, 5.0, 10.0]), 0.0, 10.0, 20).tolist()
    [0, 1, 10, 19]
    """
    place = torch.floor((true - low) * (classes / (high - low)))
    return place.clamp(min=0, max=classes - 1).long()


def adversary_loss(logit: Tensor, of_class: Tensor) -> Tensor:
    r"""Compute the adversary's cross entropy :math:`L_r = -\langle \ln p(\mathrm{class} | r) \rangle`.

    For equally filled classes it is at least ln(classes) on average if the residual tells nothing.

    Parameters
    ----------
    logit
        The adversary's outputs, shape (B, classes).
    of_class
        True classes, shape (B,).

    Returns
    -------
    torch.Tensor
        A scalar.

    Examples
    --------
    >>> round(float(adversary_loss(torch.zeros(2, 20), torch.tensor([3, 17]))), 4)  # ln 20
    2.9957
    """
    return functional.cross_entropy(logit, of_class)


def pivot_loss(regression_loss: Tensor, adversary_cross_entropy: Tensor, weight: float) -> Tensor:
    r"""Compute the regression's objective :math:`E_\lambda = L_f - \lambda L_r` (equation 4 of the source).

    Parameters
    ----------
    regression_loss
        L_f, a scalar.
    adversary_cross_entropy
        L_r, a scalar that depends on the regression by its residuals.
    weight
        Lambda.

    Returns
    -------
    torch.Tensor
        A scalar.

    Examples
    --------
    >>> float(pivot_loss(torch.tensor(6.0), torch.tensor(2.0), weight=2.5))
    1.0
    """
    return regression_loss - weight * adversary_cross_entropy
