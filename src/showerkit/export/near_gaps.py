"""Closeness of lines of flight to gaps between cells, inside a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from showerkit.data.near_gaps import LEAST_SHIFT

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.data.near_gaps import NearGaps


def near_gaps(gaps: NearGaps, offsets: Tensor, slopes: Tensor) -> Tensor:
    """`showerkit.data.near_gaps.NearGaps` for tensors in double precision.

    Parameters
    ----------
    gaps
        The gaps.
    offsets, slopes
        As for `NearGaps`, shape (N, 2).

    Returns
    -------
    torch.Tensor
        Closeness between 0 and 1, shape (N, 2).
    """
    half, reach, depth = (offsets.new_tensor(one) for one in (gaps.half_width, gaps.reach, gaps.depth))
    whole = 2.0 * (half + reach * (1.0 - (-(0.5 - half) / reach).exp()))

    def integral(place: Tensor) -> Tensor:
        gap = (place + 0.5).floor()
        far = place - gap
        beyond = (far.abs() - half).clamp(min=0.0)
        inside = torch.minimum(far.abs(), half) + reach * (1.0 - (-beyond / reach).exp())
        return gap * whole + torch.where(far < 0.0, -inside, inside)

    shift = depth * slopes
    middle = offsets + 0.5 + (0.5 - gaps.told_at) * shift
    far = (middle - (middle + 0.5).floor()).abs()
    here = (-(far - half).clamp(min=0.0) / reach).exp()
    moves = shift.abs() > LEAST_SHIFT
    along = integral(middle + 0.5 * shift) - integral(middle - 0.5 * shift)
    return torch.where(moves, along / torch.where(moves, shift, 1.0), here)
