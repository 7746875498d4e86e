"""Hits drawn from a MASK of probabilities so that a gradient can pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from showerkit.models.mask_sampling_config import ConcreteMask, ProbabilityMask

if TYPE_CHECKING:
    from showerkit.models.mask_sampling_config import StraightThroughMask


def straight_through_hits(logit: Tensor, uniform: Tensor) -> Tensor:
    r"""Draw hits m = [u < p], and let their gradient be that of p.

    Source: Y. Bengio et al., arXiv:1308.3432, the straight-through estimator. The expectation of m is p, so
    the gradient of a function that is linear in m is exact; of others it is biased.

    Parameters
    ----------
    logit
        Logits of the probabilities p, any shape.
    uniform
        Uniform numbers u in (0, 1), same shape.

    Returns
    -------
    torch.Tensor
        Zeros and ones, same shape.

    Examples
    --------
    >>> straight_through_hits(torch.zeros(2), torch.tensor([0.4, 0.6])).tolist()
    [1.0, 0.0]
    """
    probability = logit.sigmoid()
    return with_gradient_of((uniform < probability).to(logit.dtype), probability)


def concrete_hits(logit: Tensor, uniform: Tensor, temperature: float, *, hard: bool) -> Tensor:
    r"""Draw relaxed hits from the binary concrete law.

    .. math:: m = \sigma\!\left(\frac{l + \ln u - \ln(1 - u)}{\tau}\right)

    with the logit l. P(m > 1/2) = p at every temperature. Source: C. Maddison et al., arXiv:1611.00712,
    equation 6.

    Parameters
    ----------
    logit
        Logits l of the probabilities, any shape.
    uniform
        Uniform numbers u in (0, 1), same shape.
    temperature
        The temperature.
    hard
        Give [m > 1/2], with the gradient of m.

    Returns
    -------
    torch.Tensor
        Numbers in [0, 1], same shape.

    Examples
    --------
    >>> concrete_hits(torch.zeros(1), torch.tensor([0.5]), 0.3, hard=False).tolist()
    [0.5]
    """
    soft = torch.sigmoid((logit + torch.logit(uniform)) / temperature)
    return with_gradient_of((soft > 0.5).to(logit.dtype), soft) if hard else soft


def sampled_mask(logit: Tensor, sampling: ProbabilityMask | StraightThroughMask | ConcreteMask) -> Tensor:
    """Make a MASK for the discriminator, drawing from the library's random state what is to be drawn."""
    if isinstance(sampling, ProbabilityMask):
        return logit.sigmoid()
    tiny = torch.finfo(logit.dtype).eps
    uniform = torch.rand_like(logit).clamp(tiny, 1.0 - tiny)
    if isinstance(sampling, ConcreteMask):
        return concrete_hits(logit, uniform, sampling.temperature, hard=sampling.hard)
    return straight_through_hits(logit, uniform)


def with_gradient_of(forward: Tensor, backward: Tensor) -> Tensor:
    """Give one tensor the gradient of another."""
    return forward.detach() + (backward - backward.detach())
