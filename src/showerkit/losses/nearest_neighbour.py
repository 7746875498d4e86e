"""Squared distances between two sets of points, each point to its nearest neighbour in the other set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from showerkit.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.losses.nearest_neighbour_config import NearestNeighbourConfig

#: Pairs of points looked at together: on a processor as many as stay in its cache.
_PAIRS_AT_ONCE: Final = {"cpu": 2**18, "other": 2**26}


def nearest_neighbour_distance(
    points: Tensor,
    other: Tensor,
    mask: Tensor | None = None,
    other_mask: Tensor | None = None,
    *,
    config: NearestNeighbourConfig,
) -> Tensor:
    r"""Sum the squared distances of all points to their nearest neighbours in the other set.

    .. math:: L = \sum_i \min_k d(x_i, \hat x_k)^2 + \sum_k \min_i d(x_i, \hat x_k)^2

    and for the form ``positions-intensity``, with the neighbours k(i) and i(k) found by position, also
    :math:`\sum_i (I_i - \hat I_{k(i)})^2 + \sum_k (I_{i(k)} - \hat I_k)^2`. Source: B. Orzari et al.,
    arXiv:2109.15197, and the group's slides, equations (1) to (4); also known as Chamfer distance.

    The neighbours are found without a gradient, from all P x Q squared differences; value and gradient then
    follow from the P + Q matched pairs alone. They equal those of the minima, as exactly as sums of
    squares can be, without the rounding errors of :math:`|x|^2 + |\hat x|^2 - 2 x \hat x`.

    Parameters
    ----------
    points
        Input points, shape (B, P, features).
    other
        Output points, shape (B, Q, features).
    mask, other_mask
        True where there is a point, shapes (B, P) and (B, Q); None: everywhere. What stands elsewhere does
        not matter. A set without points adds nothing.
    config
        Form and side.

    Returns
    -------
    torch.Tensor
        The sum for each of the B pairs of sets, shape (B,).

    Raises
    ------
    DataError
        If the shapes do not fit each other.

    Examples
    --------
    >>> from showerkit.losses.nearest_neighbour_config import NearestNeighbourConfig
    >>> one, two = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[0.0, 1.0], [3.0, 4.0]]])
    >>> nearest_neighbour_distance(one, two, config=NearestNeighbourConfig())  # 1 + (1 + 25)
    tensor([27.])
    """
    mask = _checked(points, mask, "points")
    other_mask = _checked(other, other_mask, "other points")
    if points.shape[0] != other.shape[0] or points.shape[2] != other.shape[2]:
        raise DataError("other points", got=f"shape {tuple(other.shape)}", expected=f"{_like(points)}")
    points = points.masked_fill(~mask[:, :, None], 0.0)
    other = other.masked_fill(~other_mask[:, :, None], 0.0)
    columns = points.shape[2] if config.form == "points" else config.n_positions
    if columns > points.shape[2]:
        raise DataError("points", got=f"{points.shape[2]} features", expected=f"at least {columns}")
    with torch.no_grad():
        of_points, of_other = _neighbours(
            points[..., :columns], other[..., :columns], mask, other_mask, config.side
        )
    # Features beyond the position count for the pairs that positions have matched.
    kept = columns if config.form == "positions" else points.shape[2]
    points, other = points[..., :kept], other[..., :kept]
    total = points.new_zeros(len(points))
    if of_points is not None:
        total = total + _sum_of_squares(points, _at(other, of_points), mask & other_mask.any(1, keepdim=True))
    if of_other is not None:
        total = total + _sum_of_squares(_at(points, of_other), other, other_mask & mask.any(1, keepdim=True))
    return total


def _neighbours(
    points: Tensor, other: Tensor, mask: Tensor, other_mask: Tensor, side: str
) -> tuple[Tensor | None, Tensor | None]:
    """Find the places of each point's nearest neighbours, piece by piece of bounded memory."""
    # Features first: rows of one feature lie together in memory.
    first, second = points.transpose(1, 2).contiguous(), other.transpose(1, 2).contiguous()
    at_once = _PAIRS_AT_ONCE.get(points.device.type, _PAIRS_AT_ONCE["other"])
    rows = max(1, at_once // max(1, points.shape[1] * other.shape[1]))
    of_points, of_other = [], []
    for start in range(0, len(points), rows):
        piece = slice(start, start + rows)
        x, y = first[piece, :, :, None], second[piece, :, None, :]
        squared = (x[:, 0] - y[:, 0]).square_()
        for feature in range(1, x.shape[1]):
            difference = x[:, feature] - y[:, feature]
            squared.addcmul_(difference, difference)
        if side != "output":
            away = squared.masked_fill(~other_mask[piece, None, :], torch.inf)
            of_points.append(away.argmin(dim=2))
        if side != "input":
            squared.masked_fill_(~mask[piece, :, None], torch.inf)
            # Minima along rows are several times as fast as across them.
            of_other.append(squared.transpose(1, 2).contiguous().argmin(dim=2))
    return torch.cat(of_points) if of_points else None, torch.cat(of_other) if of_other else None


def _at(points: Tensor, places: Tensor) -> Tensor:
    return points.gather(1, places[:, :, None].expand(-1, -1, points.shape[2]))


def _sum_of_squares(one: Tensor, two: Tensor, mask: Tensor) -> Tensor:
    return ((one - two).square().sum(dim=2) * mask).sum(dim=1)


def _checked(points: Tensor, mask: Tensor | None, name: str) -> Tensor:
    if points.ndim != 3 or 0 in points.shape[1:]:
        raise DataError(name, got=f"shape {tuple(points.shape)}", expected="shape (sets, points, features)")
    if mask is None:
        return torch.ones(points.shape[:2], dtype=torch.bool, device=points.device)
    if mask.shape != points.shape[:2]:
        expected = f"shape {tuple(points.shape[:2])}"
        raise DataError(f"mask of the {name}", got=f"shape {tuple(mask.shape)}", expected=expected)
    return mask.bool()


def _like(points: Tensor) -> str:
    return f"shape ({points.shape[0]}, any, {points.shape[2]})"
