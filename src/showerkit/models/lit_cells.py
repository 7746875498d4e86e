"""Hit cells as a list: what is done to hits is done to the tenth of all cells that are hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import torch

if TYPE_CHECKING:
    from torch import Tensor

_TINY_MEV: Final = 1.0e-9
#: The furthest from 0 at which a level between scores lies.
_WIDE: Final = 12.0


class LitCells(NamedTuple):
    """The hits of B showers, in the order of showers and cells.

    Parameters
    ----------
    event
        Which shower each belongs to, whole numbers of shape (K,).
    place
        Its cell in the window, (layer W + row) W + column, whole numbers of shape (K,).
    energy_mev
        Its energy in MeV, 0 or above the threshold, shape (K,).
    """

    event: Tensor
    place: Tensor
    energy_mev: Tensor

    def windows(self, showers: int, shape: tuple[int, int, int]) -> Tensor:
        """Put the hits of so many showers into windows (showers, layers, W, W) of energies in MeV."""
        layers, rows, columns = shape
        cells = layers * rows * columns
        energy = self.energy_mev.new_zeros(showers * cells)
        energy[self.event * cells + self.place] = self.energy_mev
        return energy.view(showers, *shape)


def levels(scores: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    """Give two levels that so many scores exceed: halfway to the others, and the highest of the others.

    The first tells which scores are above, safe from rounding. Scores above a level that does not look at
    them lie on average as far above it as neighbours lie apart, and so do they above the second, whereas a
    level close to the lowest would make that a hit of no energy.

    Parameters
    ----------
    scores
        Scores, shape (B, N).
    number
        How many are to be above, whole numbers of shape (B,); at least one is, and not all are.

    Returns
    -------
    tuple of torch.Tensor
        The levels, shape (B,) each.

    Examples
    --------
    >>> halfway, highest = levels(torch.tensor([[3.0, 1.0, 2.0, 0.0]]), torch.tensor([2.0]))
    >>> halfway.tolist(), highest.tolist()
    ([1.5], [1.0])
    """
    cells = scores.shape[1]
    if scores.device.type == "cpu":
        import numpy as np

        # A tenth of the time that the tensor library takes.
        rising = torch.from_numpy(np.sort(scores.detach().numpy(), axis=1))
    else:
        rising = scores.sort(dim=1).values
    last = cells - number.long().clamp(1, cells - 1)[:, None]
    above, below = (rising.gather(1, at)[:, 0].clamp(-_WIDE, _WIDE) for at in (last, last - 1))
    return 0.5 * (above + below), below


def places_above(scores: Tensor, level: Tensor) -> Tensor:
    """Give the indices of scores (B, N) that exceed levels (B,), of all rows one after another.

    Examples
    --------
    >>> places_above(torch.tensor([[0.0, 3.0], [2.0, 1.0]]), torch.tensor([1.0, 1.5])).tolist()
    [1, 2]
    """
    if scores.device.type != "cpu":
        return places_of(scores > level[:, None])
    import numpy as np

    # A third of the time that the tensor library takes.
    return torch.from_numpy(np.flatnonzero(scores.detach().numpy() > level.detach().numpy()[:, None]))


def places_of(hit: Tensor) -> Tensor:
    """Give the indices where something is true, of all rows one after another."""
    if hit.device.type != "cpu":
        return hit.flatten().nonzero()[:, 0]
    import numpy as np

    return torch.from_numpy(np.flatnonzero(hit.detach().numpy()))


def scaled_hits(energy: Tensor, owner: Tensor, sums: Tensor, threshold_mev: float) -> Tensor:
    """Scale hits to given sums; hits stay above the threshold as long as they can.

    Where there is not enough for all hits of an owner, the smallest are dropped; what lifting hits to the
    threshold costs is taken from the others, in proportion to what they have above it.

    Parameters
    ----------
    energy
        Energies of hits, above 0, in any unit, shape (K,).
    owner
        To which sum each hit belongs, whole numbers of shape (K,).
    sums
        The sums in MeV, shape (S,).
    threshold_mev
        Threshold in MeV.

    Returns
    -------
    torch.Tensor
        Energies in MeV, 0 for those dropped, shape (K,).

    Examples
    --------
    >>> both = torch.tensor([0, 0])
    >>> scaled_hits(torch.tensor([3.0, 1.0]), both, torch.tensor([8.0]), 0.1).tolist()
    [6.0, 2.0]
    """
    least = threshold_mev * (1.0 + 1e-6)
    room = (sums / least).floor()
    number = owner.bincount(minlength=len(sums))
    crowded = number > room
    dropped = bool(crowded.any())
    if dropped:
        energy = _largest(energy, owner, crowded, room)
        number = number.minimum(room.long())
    energy = energy * (sums / _sums(energy, owner, len(sums)).clamp(min=_TINY_MEV)).index_select(0, owner)
    lifted = torch.where(energy > 0.0, energy.clamp(min=least), 0.0) if dropped else energy.clamp(min=least)
    total = _sums(lifted, owner, len(sums))
    # What hits have above the threshold, all of them together.
    spare = (total - least * number).clamp(min=_TINY_MEV)
    share = ((total - sums) / spare).clamp(min=0.0, max=1.0).index_select(0, owner)
    return torch.addcmul(lifted, share, (lifted - least).clamp(min=0.0), value=-1.0)


def _sums(values: Tensor, owner: Tensor, n: int) -> Tensor:
    return values.new_zeros(n).scatter_add(0, owner, values)


def _largest(energy: Tensor, owner: Tensor, crowded: Tensor, room: Tensor) -> Tensor:
    """Drop all but as many of the largest hits as there is room for, of the owners that are crowded."""
    chosen = crowded[owner].nonzero()[:, 0]
    falling = chosen[energy[chosen].argsort(descending=True, stable=True)]
    in_order = falling[owner[falling].argsort(stable=True)]
    of = owner[in_order]
    begins = torch.searchsorted(of, of)
    rank = torch.arange(len(of), device=of.device) - begins
    kept = energy.clone()
    kept[in_order] = torch.where(rank < room[of], energy[in_order], torch.zeros_like(energy[in_order]))
    return kept
