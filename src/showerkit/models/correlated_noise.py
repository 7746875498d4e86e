"""Random numbers of cells that neighbours share."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn


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
        # One product with a matrix of all cells is several times faster than a convolution of one channel.
        padded = torch.cat([self.kernel.flatten(), self.kernel.new_zeros(1)])
        matrix = padded[_kernel_place(noise.shape[-1], self.reach).to(noise.device)]
        matrix = matrix / matrix.square().sum(dim=0).sqrt()
        return (noise.flatten(2) @ matrix).view_as(noise)


@functools.cache
def _kernel_place(across: int, reach: int) -> Tensor:
    """For each cell n and each cell g, which element of the kernel leads from n to g; the last for none."""
    # A training may want it that comes after a generator which asked for it first.
    with torch.inference_mode(mode=False):
        row, column = torch.meshgrid(torch.arange(across), torch.arange(across), indexing="ij")
        down = row.flatten()[:, None] - row.flatten()[None, :]
        right = column.flatten()[:, None] - column.flatten()[None, :]
        side = 2 * reach + 1
        inside = (down.abs() <= reach) & (right.abs() <= reach)
        return torch.where(inside, (down + reach) * side + right + reach, side * side)
