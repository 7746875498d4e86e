"""Random numbers of cells that neighbours share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class CorrelatedNoise(nn.Module):
    r"""Turn independent standard normal numbers of cells into correlated ones, each still standard normal.

    .. math:: g_i = \frac{\sum_d k_d\, n_{i+d}}{\sqrt{\sum_d k_d^2}}

    with a learnt kernel k, the sums over cells inside the window. Drawing hits by :math:`\Phi(g_i) < p_i`, a
    Gaussian copula (R. Nelsen, An Introduction to Copulas, section 2.3), leaves every probability p as it is
    and lets neighbours be hit together, as they are by one photon or electron.

    Parameters
    ----------
    reach
        The kernel reaches this many cells in each direction; 0: the numbers stay independent.

    Examples
    --------
    >>> noise = torch.randn(2, 1, 5, 5)
    >>> bool(torch.equal(CorrelatedNoise(2)(noise), noise))  # nothing is shared before it is learnt
    True
    """

    def __init__(self, reach: int) -> None:
        super().__init__()
        kernel = torch.zeros(1, 1, 2 * reach + 1, 2 * reach + 1)
        kernel[0, 0, reach, reach] = 1.0
        self.reach = reach
        self.kernel = nn.Parameter(kernel, requires_grad=reach > 0)

    def forward(self, noise: Tensor) -> Tensor:
        """Correlate the numbers of each layer.

        Parameters
        ----------
        noise
            Independent standard normal numbers, shape (B, layers, W, W).

        Returns
        -------
        torch.Tensor
            Correlated standard normal numbers, same shape.
        """
        if self.reach == 0:
            return noise
        layers = noise.flatten(0, 1).unsqueeze(1)
        mixed = functional.conv2d(layers, self.kernel, padding=self.reach)
        inside = torch.ones_like(layers[:1])
        variance = functional.conv2d(inside, self.kernel.square(), padding=self.reach)
        return (mixed / variance.sqrt()).squeeze(1).view_as(noise)
