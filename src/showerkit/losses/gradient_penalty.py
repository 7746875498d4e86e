"""The R1 penalty, which keeps a discriminator from being steep where the real showers are."""

from __future__ import annotations

import torch
from torch import Tensor


def r1_penalty(real_logit: Tensor, real_image: Tensor) -> Tensor:
    r"""Compute half the mean squared gradient of the discriminator at real images.

    .. math:: R_1 = \tfrac12 \langle \lVert \nabla_x D(x_{real}) \rVert^2 \rangle

    Source: L. Mescheder et al., arXiv:1801.04406, equation 9, without its gamma.

    Parameters
    ----------
    real_logit
        The discriminator's logits, shape (B,).
    real_image
        The images that they were computed from, which require a gradient, shape (B, ...).

    Returns
    -------
    torch.Tensor
        A scalar that can be differentiated again.

    Examples
    --------
    >>> image = torch.ones(2, 3, requires_grad=True)
    >>> float(r1_penalty((image**2).sum(dim=1), image).detach())  # 1/2 |2 x|^2, three cells
    6.0
    """
    (gradient,) = torch.autograd.grad(real_logit.sum(), real_image, create_graph=True)
    return 0.5 * gradient.square().sum() / len(gradient)
