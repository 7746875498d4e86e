"""The law of each cell by itself, and cells from normal numbers, inside a graph."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor, nn

from showerkit.export.normal_law import NormalLaw
from showerkit.export.spline_total import sigmoid
from showerkit.models.cell_marginals import Marginals
from showerkit.models.energy_scales import QuantileScale
from showerkit.models.shape_match import N_CONDITIONS, changed, conditions, multipliers_about, spread

if TYPE_CHECKING:
    from showerkit.data.cell_layout import CellLayout
    from showerkit.models.cell_marginals import CellMarginals

#: Those of `showerkit.models.cell_marginals` and of `showerkit.models.lit_cells`.
_TINY: Final = 1.0e-30
_TINY_MEV: Final = 1.0e-9
_FAR, _WIDE = 1.0e6, 12.0
#: The softplus of `showerkit.models.energy_scales`.
_SHARPNESS: Final = 4.0


class CellLaws(nn.Module):
    """`CellMarginals` with operations that a graph can hold; cells are flat in each layer.

    Parameters
    ----------
    marginals
        The network and its scale of energies.
    layout
        How the cells lie.
    threshold_mev
        Threshold of a hit in MeV.
    """

    middle: Tensor
    conditions: Tensor
    absent: Tensor | None

    def __init__(self, marginals: CellMarginals, layout: CellLayout, threshold_mev: float) -> None:
        super().__init__()
        self.register_buffer("conditions", conditions(torch.from_numpy(layout.position)))
        absent = None if layout.is_full else torch.from_numpy(~layout.present).view(layout.shape[0], -1)
        self.register_buffer("absent", absent)
        self.marginals = copy.deepcopy(marginals).double().eval()
        self.threshold_mev = threshold_mev
        self._normal = NormalLaw()
        with torch.no_grad():
            middle = self.marginals.scale(self.marginals.mean_decades[None])
        self.register_buffer("middle", middle)

    def forward(self, told: Tensor) -> Marginals:
        """Give the law of every cell for conditions (N, told), three tensors (N, *shape)."""
        hidden = told
        for layer in self.marginals.body:
            # The runtime's SiLU is one of single precision.
            hidden = layer(hidden) if isinstance(layer, nn.Linear) else hidden * sigmoid(hidden)
        return self.marginals.law(self.marginals.head(hidden), self.middle)

    def decades(self, law: Marginals, x: Tensor) -> Tensor:
        """`CellMarginals.shower` for cells that are hit: decades above the threshold, (N, *shape)."""
        # Both at once: a graph of half the size.
        (below_x, empty), (above_x, share) = (
            tail.unbind(dim=0) for tail in self._normal.tails(torch.stack([x, -law.probit]))
        )
        above = (above_x / share).clamp(min=_TINY, max=1.0)
        below = ((below_x - empty) / share).clamp(min=_TINY, max=1.0)
        lower = self._normal.lower_quantile(torch.where(above < 0.5, above, below).clamp(max=0.5))
        z = torch.where(above < 0.5, -lower, lower)
        return self._from_scale(law.location + law.log_spread.exp() * z)

    def _from_scale(self, stretched: Tensor) -> Tensor:
        scale = self.marginals.scale
        if isinstance(scale, QuantileScale):
            return scale.decades(stretched)
        scaled = _SHARPNESS * stretched
        return (scaled.clamp(min=0.0) + (1.0 + (-scaled.abs()).exp()).log()) / _SHARPNESS


class DrawnShape(NamedTuple):
    """What shapes say: hits (N,), sums (N, 4), shares of the hottest hit (N,), and centres (N, 2)."""

    hits: Tensor
    wanted: Tensor
    share: Tensor
    centre: Tensor | None


def with_hits(
    laws: CellLaws, law: Marginals, made: Tensor, layer_mev: Tensor, shape: DrawnShape | None
) -> Tensor:
    """`ShowerFlow` from normal numbers to hits, with operations that a graph can hold.

    Parameters
    ----------
    laws
        What turns numbers into energies.
    law
        The laws of the cells, (N, *shape).
    made
        Normal numbers, same shape.
    layer_mev
        Energies of layers in MeV, shape (N, layers).
    shape
        How many cells are hit, and where; None leaves it to the numbers.

    Returns
    -------
    torch.Tensor
        Energies in MeV, shape (N, layers, cells of a layer).
    """
    empty = (layer_mev <= laws.threshold_mev)[:, :, None]
    # Compared in the precision of the numbers, as there.
    unfit = empty if laws.absent is None else empty | laws.absent
    score = torch.where(unfit, -_FAR, (made + law.probit.to(made.dtype)).flatten(2))
    nearest = torch.arange(score.shape[2]) == score.argmax(dim=2, keepdim=True)
    level = between = torch.zeros_like(score[:, 0, 0])
    if shape is not None:
        first = torch.where(empty, -_FAR, torch.where(nearest, _FAR, score)).flatten(1)
        between, level = _levels(first, shape.hits)
    hit = ((score > between[:, None, None]) | nearest) & ~empty
    of_hits = law._replace(probit=law.probit - level.double()[:, None, None, None])
    decades = laws.decades(of_hits, made.double()).flatten(2)
    energy = torch.where(hit, laws.threshold_mev * (math.log(10.0) * decades).exp(), 0.0)
    if shape is not None:
        if layer_mev.shape[1] > 1:
            energy = _scaled_to(energy, layer_mev, laws.threshold_mev)
        energy = _matched_to_shape(energy, shape, laws.conditions)
        energy = energy * layer_mev.sum(dim=1)[:, None, None]
    return _scaled_to(energy, layer_mev, laws.threshold_mev)


def _matched_to_shape(energy: Tensor, shape: DrawnShape, phi: Tensor) -> Tensor:
    """`showerkit.models.shape_match.matched_to_shape` for all cells (N, layers, cells of a layer)."""
    layers, cells = energy.shape[1], energy.shape[2]
    made_mev = energy.flatten(1)
    flat = made_mev / made_mev.sum(dim=1, keepdim=True).clamp(min=_TINY_MEV)
    hottest = (flat >= flat.amax(dim=1, keepdim=True)) & (flat > 0.0)
    fixed = torch.where(hottest, shape.share[:, None], flat)
    allowed = torch.where(hottest, 0.0, spread(flat, made_mev))
    products = (phi[:, :, None] * phi[:, None, :]).flatten(1)
    matrix = (allowed @ products).view(-1, N_CONDITIONS, N_CONDITIONS)
    found = multipliers_about(matrix, shape.wanted - fixed @ phi, shape.centre)
    return changed(fixed, allowed, found @ phi.T).view(-1, layers, cells)


def _levels(scores: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    """`showerkit.models.lit_cells.levels`, by sorting all scores."""
    places = number.long().clamp(1, scores.shape[1] - 1)[:, None]
    falling = scores.topk(scores.shape[1], dim=1).values
    above, below = (falling.gather(1, at)[:, 0].clamp(-_WIDE, _WIDE) for at in (places - 1, places))
    return 0.5 * (above + below), below


def _scaled_to(energy: Tensor, layer_mev: Tensor, threshold_mev: float) -> Tensor:
    """`showerkit.models.lit_cells.scaled_hits`; the hits that there is room for are the largest."""
    least = threshold_mev * (1.0 + 1e-6)
    room = (layer_mev / least).floor().long()[:, :, None]
    falling = energy.topk(energy.shape[2], dim=2).values
    smallest = falling.gather(2, (room - 1).clamp(0, energy.shape[2] - 1))
    kept = (energy >= smallest) & (room > 0)
    energy = torch.where(kept, energy, 0.0)
    hit = energy > 0.0
    total = energy.sum(dim=2, keepdim=True)
    energy = energy * (layer_mev[:, :, None] / total.clamp(min=_TINY_MEV))
    lifted = torch.where(hit, energy.clamp(min=least), energy)
    spare = torch.where(hit, lifted - least, 0.0)
    excess = lifted.sum(dim=2, keepdim=True) - layer_mev[:, :, None]
    share = (excess / spare.sum(dim=2, keepdim=True).clamp(min=_TINY_MEV)).clamp(min=0.0, max=1.0)
    return lifted - share * spare
