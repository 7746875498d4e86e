"""Pair the noise of a cloud with its particles so that the paths between them are short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from showerkit.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor


def assign_noise(noise: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Permute the noise within each cloud so that the total squared distance to its particles is least.

    .. math:: \pi = \arg\min_\pi \sum_i |x_0^{\pi(i)} - x_1^i|^2

    Particles of a cloud have no order and their noise is drawn independently, so a permutation leaves both
    laws, as laws of sets, as they are; paths that cross less have velocities that are easier to learn and to
    integrate. Pairs across clouds would mix their conditions, and are not made.
    Sources: A. Tong et al., arXiv:2302.00482; L. Klein et al., arXiv:2306.15030 (permutations).

    The assignment is exact, cloud by cloud: the one loop over clouds here, as there is no batched solver; its
    time grows a little faster than the square of the number of particles.

    Parameters
    ----------
    noise, target
        Both ends of the paths, shape (B, P, F).
    mask
        True particles, shape (B, P); None: all. Noise of the others stays where it is.

    Returns
    -------
    torch.Tensor
        The noise in its new order, shape (B, P, F).

    Raises
    ------
    DataError
        If the ends are no clouds of one shape.

    Examples
    --------
    >>> ends = torch.tensor([[[0.0], [5.0]]])
    >>> assign_noise(torch.tensor([[[4.0], [1.0]]]), ends).flatten().tolist()
    [1.0, 4.0]
    """
    from scipy.optimize import linear_sum_assignment

    if noise.ndim != 3 or noise.shape != target.shape:
        raise DataError(
            "noise and particles to pair",
            got=f"shapes {tuple(noise.shape)} and {tuple(target.shape)}",
            expected="one shape (clouds, particles, features)",
        )
    clouds, particles, _ = noise.shape
    with torch.no_grad():
        # Squares of single vectors add up to the same for every pairing.
        gains = torch.bmm(target, noise.transpose(1, 2)).cpu().numpy()
    kept = np.ones((clouds, particles), dtype=bool) if mask is None else mask.cpu().numpy()
    order = np.tile(np.arange(particles), (clouds, 1))
    for cloud, (gain, true) in enumerate(zip(gains, kept, strict=True)):
        if true.all():
            order[cloud] = linear_sum_assignment(gain, maximize=True)[1]
        else:
            places = np.flatnonzero(true)
            chosen = linear_sum_assignment(gain[np.ix_(places, places)], maximize=True)[1]
            order[cloud, places] = places[chosen]
    index = torch.from_numpy(order).to(noise.device)
    return noise.gather(1, index[:, :, None].expand_as(noise))
