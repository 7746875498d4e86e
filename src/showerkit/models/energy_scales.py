"""Scales on which the energies of hits are nearly normal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike
    from torch import Tensor

#: Sharpness of the softplus between a normal number and a hit's decades above the threshold.
_SHARPNESS: Final = 4.0
#: Hits nearer to the threshold, in decades, count as that near.
LEAST_DECADES: Final = 1.0e-3
#: The tables reach from minus to plus this many standard deviations, and are straight lines beyond.
_REACH: Final = 4.0
_KNOTS: Final = 257
_SLOPE: Final = 20.0
#: Finest structure that is resolved, in decades, and where it ends.
_BIN, _MOST_DECADES = 0.0025, 8.0
#: Hits of all cells together that are added to each group's own, so that none is without.
_PRIOR_HITS: Final = 5.0
#: How far apart tables are put to be searched together, in decades.
_APART: Final = 64.0
_TINY: Final = 1.0e-6


class SoftplusScale(nn.Module):
    r"""Give :math:`\frac14 \ln(e^{4 y} - 1)`, any number, for decades y above 0.

    Examples
    --------
    >>> scale = SoftplusScale()
    >>> round(float(scale.decades(scale(torch.tensor(0.3)))), 4)
    0.3
    """

    def forward(self, decades: Tensor) -> Tensor:
        """Stretch decades above the threshold, any shape."""
        decades = decades.clamp(min=LEAST_DECADES)
        return decades + torch.log(-torch.expm1(-_SHARPNESS * decades)) / _SHARPNESS

    def at(self, decades: Tensor, place: Tensor) -> Tensor:
        """Stretch decades of single hits, shape (K,); their cells do not matter."""
        stretched: Tensor = self(decades)
        return stretched

    def decades(self, stretched: Tensor) -> Tensor:
        """Give decades above the threshold back."""
        return functional.softplus(stretched, beta=_SHARPNESS)

    def decades_at(self, stretched: Tensor, place: Tensor) -> Tensor:
        """Give decades back for single hits, shape (K,); their cells do not matter."""
        return self.decades(stretched)


class QuantileScale(nn.Module):
    r"""Give :math:`\Phi^{-1}(F(y))` with the distribution function F of hits in cells that are alike.

    Spectra of single cells have structure that no normal law has: photons of 511 keV make a peak that is
    sharper than one per cent. On this scale the hits of such a group are standard normal, peaks and all.

    Parameters
    ----------
    group
        Which table each cell has, whole numbers from 0 on, shape (cells,); those of a window have one for
        each layer and ring about the centre.

    Examples
    --------
    >>> scale = QuantileScale([0] * 9)
    >>> hits = torch.rand(4000, 1, 3, 3, generator=torch.Generator().manual_seed(1))
    >>> scale.fit([(hits, torch.ones_like(hits))])
    >>> middle = torch.full((1, 1, 3, 3), 0.5)
    >>> bool((scale(middle).abs() < 0.1).all()), torch.allclose(scale.decades(scale(middle)), middle)
    (True, True)
    """

    table: Tensor
    group: Tensor

    def __init__(self, group: ArrayLike) -> None:
        super().__init__()
        groups = torch.as_tensor(group, dtype=torch.long)
        self.register_buffer("group", groups, persistent=False)
        line = torch.linspace(0.0, 4.0, _KNOTS, dtype=torch.float64) + LEAST_DECADES
        self.register_buffer("table", line.repeat(int(groups.max()) + 1, 1))

    def fit(self, showers: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Fix the tables by showers, each a pair of decades and hits (B, layers, W, W)."""
        groups, bins = len(self.table), int(_MOST_DECADES / _BIN)
        counts = torch.zeros(groups, bins, dtype=torch.float64)
        for decades, hit in showers:
            place = (decades.flatten(1) / _BIN).long().clamp(0, bins - 1) + bins * self.group
            chosen = place[hit.flatten(1) > 0.5]
            counts += torch.bincount(chosen, minlength=groups * bins).view(groups, bins)
        together = counts.sum(dim=0)
        counts = counts + _PRIOR_HITS * together / together.sum().clamp(min=1.0)
        below = torch.cat([torch.zeros(groups, 1), counts.cumsum(dim=1)], dim=1)
        below = below / below[:, -1:].clamp(min=_TINY)
        share = torch.special.ndtr(torch.linspace(-_REACH, _REACH, _KNOTS, dtype=torch.float64))
        share = share.expand(groups, -1).contiguous()
        upper = torch.searchsorted(below.contiguous(), share).clamp(1, bins)
        low, high = below.gather(1, upper - 1), below.gather(1, upper)
        part = ((share - low) / (high - low).clamp(min=1e-300)).clamp(0.0, 1.0)
        found = _BIN * (upper - 1 + part)
        # Knots rise, however little.
        rising = _TINY * torch.arange(_KNOTS, dtype=torch.float64)
        self.table.copy_(found.cummax(dim=1).values.clamp(min=LEAST_DECADES) + rising)

    def forward(self, decades: Tensor) -> Tensor:
        """Stretch decades above the threshold, shape (B, layers, W, W)."""
        values = decades.flatten(1).T.contiguous().to(self.table.dtype)
        table = self.table[self.group]
        upper = torch.searchsorted(table, values).clamp(1, _KNOTS - 1)
        low, high = table.gather(1, upper - 1), table.gather(1, upper)
        part = (values - low) / (high - low)
        step = 2.0 * _REACH / (_KNOTS - 1)
        inside = -_REACH + step * (upper - 1 + part.clamp(0.0, 1.0))
        first, last = table[:, :1], table[:, -1:]
        beyond = _SLOPE * ((values - last).clamp(min=0.0) - (first - values).clamp(min=0.0))
        return (inside + beyond).T.reshape(decades.shape).to(decades.dtype)

    def at(self, decades: Tensor, place: Tensor) -> Tensor:
        """Stretch decades of single hits in cells of the window, both (K,), as `forward` does."""
        values = decades.to(self.table.dtype)
        group = self.group[place]
        # One rising list of all tables: each begins well above the end of the one before.
        offsets = _APART * torch.arange(len(self.table), dtype=values.dtype, device=values.device)
        table = self.table.reshape(-1)
        rising = (self.table + offsets[:, None]).reshape(-1)
        inside = values.clamp(0.0, _APART / 2.0) + offsets[group]
        first, last = group * _KNOTS, group * _KNOTS + _KNOTS - 1
        upper = torch.minimum(torch.maximum(torch.searchsorted(rising, inside), first + 1), last)
        low, high = table[upper - 1], table[upper]
        part = ((values - low) / (high - low)).clamp(0.0, 1.0)
        step = 2.0 * _REACH / (_KNOTS - 1)
        along = -_REACH + step * (upper - 1 - first + part)
        beyond = _SLOPE * ((values - table[last]).clamp(min=0.0) - (table[first] - values).clamp(min=0.0))
        return (along + beyond).to(decades.dtype)

    def decades(self, stretched: Tensor) -> Tensor:
        """Give decades above the threshold back."""
        values = stretched.flatten(1).T.to(self.table.dtype)
        table = self.table[self.group]
        step = 2.0 * _REACH / (_KNOTS - 1)
        place = ((values + _REACH) / step).clamp(0.0, _KNOTS - 1.0)
        lower = place.long().clamp(max=_KNOTS - 2)
        low, high = table.gather(1, lower), table.gather(1, lower + 1)
        inside = low + (place - lower) * (high - low)
        beyond = ((values - _REACH).clamp(min=0.0) - (-_REACH - values).clamp(min=0.0)) / _SLOPE
        return (inside + beyond).clamp(min=LEAST_DECADES).T.reshape(stretched.shape).to(stretched.dtype)

    def decades_at(self, stretched: Tensor, place: Tensor) -> Tensor:
        """Give decades above the threshold back for single hits, in cells of the window; both (K,)."""
        values = stretched.to(self.table.dtype)
        within = values.clamp(-_REACH, _REACH)
        along = (within + _REACH) * ((_KNOTS - 1) / (2.0 * _REACH))
        lower = along.long().clamp(max=_KNOTS - 2)
        knot = (self.group * _KNOTS).index_select(0, place) + lower
        table = self.table.view(-1)
        low, high = table.index_select(0, knot), table.index_select(0, knot + 1)
        inside = torch.addcmul(low, along - lower, high - low)
        return inside.add(values - within, alpha=1.0 / _SLOPE).clamp(min=LEAST_DECADES).to(stretched.dtype)
