"""Cross-entropy losses of generator and discriminator, with soft labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from showerkit.losses.adversarial_config import SoftLabels


def discriminator_loss(real_logit: Tensor, fake_logit: Tensor, labels: SoftLabels) -> Tensor:
    r"""Compute the discriminator's cross entropy (DIS of the ZDC reports).

    .. math:: L_D = \tfrac12 \langle H(a, D(x_{real})) \rangle + \tfrac12 \langle H(b, D(x_{fake})) \rangle,
              \quad H(y, d) = -y \ln d - (1 - y) \ln (1 - d)

    with the labels a : b. Source: I. Goodfellow et al., arXiv:1406.2661; soft labels: T. Salimans et al.,
    arXiv:1606.03498, where equation 3.4 gives its optimum D = (a p_real + b p_fake) / (p_real + p_fake).

    Parameters
    ----------
    real_logit, fake_logit
        Logits of D for real and for made showers, shape (B,).
    labels
        The labels.

    Returns
    -------
    torch.Tensor
        A scalar.

    Examples
    --------
    >>> from showerkit.losses.adversarial_config import SoftLabels
    >>> round(float(discriminator_loss(torch.zeros(3), torch.zeros(3), SoftLabels())), 4)  # ln 2
    0.6931
    """
    return 0.5 * (_cross_entropy(real_logit, labels.real) + _cross_entropy(fake_logit, labels.fake))


def generator_loss(fake_logit: Tensor, labels: SoftLabels) -> Tensor:
    r"""Compute the generator's cross entropy (GEN of the ZDC reports): made showers shall pass as real.

    .. math:: L_G = \langle H(a, D(x_{fake})) \rangle

    This is the form that does not saturate while the discriminator wins (arXiv:1406.2661, section 3).

    Parameters
    ----------
    fake_logit
        Logits of D for made showers, shape (B,).
    labels
        The labels.

    Returns
    -------
    torch.Tensor
        A scalar.
    """
    return _cross_entropy(fake_logit, labels.real)


def _cross_entropy(logit: Tensor, label: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logit, torch.full_like(logit, label))
