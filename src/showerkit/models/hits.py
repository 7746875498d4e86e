"""The cells that are hit, of each shower, as lists of equal length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class PaddedHits:
    """The hits of B showers, H places each, of which a shower's first ones are filled.

    Parameters
    ----------
    cell
        Flat index of the cell, shape (B, H); 0 in a place without a hit.
    values
        What the cell holds of each quantity, shape (B, H, quantities); 0 in a place without a hit.
    mask
        Whether there is a hit, shape (B, H).
    """

    cell: Tensor
    values: Tensor
    mask: Tensor


def padded_hits(images: Tensor, threshold: float = 0.0) -> PaddedHits:
    """List the hits of each shower.

    Parameters
    ----------
    images
        Quantities of the cells, shape (B, quantities, layers, cells_y, cells_x).
    threshold
        A cell is hit where any of its quantities is above this.

    Returns
    -------
    PaddedHits
        The hits in the order of the cells; H is the largest number of hits of any shower, at least 1.

    Examples
    --------
    >>> images = torch.tensor([[[0.0, 3.0], [0.0, 4.0]], [[0.0, 0.0], [5.0, 0.0]]]).view(2, 1, 1, 2, 2)
    >>> hits = padded_hits(images)
    >>> hits.cell.tolist(), hits.mask.tolist()
    ([[1, 3], [2, 0]], [[True, True], [True, False]])
    >>> hits.values[:, :, 0].tolist()
    [[3.0, 4.0], [5.0, 0.0]]
    """
    cells = images.flatten(2).transpose(1, 2)
    hit = (cells > threshold).any(dim=2)
    number = hit.sum(dim=1)
    longest = max(int(number.max()), 1) if len(number) else 1
    event, cell = hit.nonzero(as_tuple=True)
    place = (hit.cumsum(dim=1) - 1)[event, cell]
    index = torch.zeros((len(images), longest), dtype=torch.long, device=images.device)
    index[event, place] = cell
    mask = torch.arange(longest, device=images.device) < number[:, None]
    values = cells.gather(1, index[:, :, None].expand(-1, -1, cells.shape[2]))
    return PaddedHits(index, values * mask[:, :, None], mask)
