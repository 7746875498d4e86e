"""Showers in windows: energies of layers by normalising flows, then cells by flow matching."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.cell_marginals import CellMarginals
from showerkit.models.gaussian_velocity import with_gaussian_part
from showerkit.models.layer_energies import LayerEnergies
from showerkit.models.ode_solvers import integrate
from showerkit.models.shower_shape import ShowerShape
from showerkit.models.window_velocity import build_window_velocity

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.cell_marginals import Marginals
    from showerkit.models.ode_solver_config import AnySolverConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig

#: Energy, its logarithm, two slopes, two offsets: see `showerkit.data.entry_frame`.
_WINDOW_INPUTS: Final = 6
_TINY_MEV: Final = 1.0e-9
#: A score beyond all others, and the furthest at which a level between scores lies.
_FAR, _WIDE = 1.0e6, 12.0


class ShowerFlow(nn.Module):
    r"""A generator of showers in steps, each of which the next one is told.

    1. `LayerEnergies`: the energies of the layers, given the incident particle.
    2. `ShowerShape`: number of hits, hottest share, centre and width, given those.
    3. `CellMarginals`: what each cell does by itself, given all that; it turns cells into normal numbers.
    4. A flow that carries independent normal numbers into those of a shower's cells,
       dx/dt = v(t, x | particle, energies, shape), learnt by flow matching: how cells depend on each other.

    At the end as many cells are hit as the shape has hits, and those of each layer are scaled to its energy.

    Parameters
    ----------
    config
        What it is made of.
    layers
        Layers of the calorimeter.
    particles
        Kinds of incident particles; if there are several, as many columns of the condition tell which.
    threshold_mev
        Threshold of a hit in MeV.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import ShowerFlowConfig
    >>> flow = ShowerFlow(ShowerFlowConfig(cells_across=3), layers=2, threshold_mev=0.1)
    >>> particle, incident_mev = torch.zeros(4, 6), torch.full((4,), 1e3)
    >>> layer_mev = flow.layer_energies(particle, incident_mev, torch.randn(4, flow.energies.normals))
    >>> energy, _ = flow.transport(particle, incident_mev, layer_mev, torch.randn(4, flow.normals))
    >>> energy.shape, torch.allclose(energy.sum(dim=(2, 3)), layer_mev)
    (torch.Size([4, 2, 3, 3]), True)
    """

    def __init__(
        self, config: ShowerFlowConfig, *, layers: int = 1, particles: int = 1, threshold_mev: float
    ) -> None:
        super().__init__()
        self.config = config
        self.shape = (layers, config.cells_across, config.cells_across)
        self.inputs = _WINDOW_INPUTS + (particles if particles > 1 else 0)
        self.threshold_mev = threshold_mev
        self.energies = LayerEnergies(
            config.energies, layers=layers, inputs=self.inputs, threshold_mev=threshold_mev
        )
        told = self.inputs + self.energies.told
        self.shower_shape = ShowerShape(config.shape, told=told) if config.shape is not None else None
        told += 0 if self.shower_shape is None else self.shower_shape.numbers
        across = config.cells_across
        self.marginals = CellMarginals(config.marginals, layers=layers, across=across, told=told)
        self.velocity = build_window_velocity(config.network, layers=layers, across=across, told=told)

    @property
    def normals(self) -> int:
        """Standard normal numbers that `transport` takes: those of the shape, then one for each cell."""
        return self._of_shape + math.prod(self.shape)

    @property
    def _of_shape(self) -> int:
        return 0 if self.shower_shape is None else self.shower_shape.numbers

    def told_before_shape(self, condition: Tensor, incident_mev: Tensor, layer_mev: Tensor) -> Tensor:
        """Describe incident particle (B, inputs) and energies of layers (B, layers) together."""
        return torch.cat([condition, self.energies.code(incident_mev, layer_mev)], dim=1)

    def told(
        self, condition: Tensor, incident_mev: Tensor, layer_mev: Tensor, shape: Tensor | None
    ) -> Tensor:
        """Describe incident particle, energies of layers and shape (B, 5), or None, shape (B, told)."""
        known = self.told_before_shape(condition, incident_mev, layer_mev)
        if self.shower_shape is None or shape is None:
            return known
        return torch.cat([known, self.shower_shape.code(shape)], dim=1)

    def draw_shape(
        self, condition: Tensor, incident_mev: Tensor, layer_mev: Tensor, normal: Tensor
    ) -> Tensor | None:
        """Turn standard normal numbers (B, at least 5), the first of them, into a shape, if there is one."""
        if self.shower_shape is None:
            return None
        known = self.told_before_shape(condition, incident_mev, layer_mev)
        return self.shower_shape.draw(known, normal[:, : self.shower_shape.numbers])

    def layer_energy(self, decades: Tensor, hit: Tensor) -> Tensor:
        """Give the energies of layers in MeV, shape (B, layers), from cells (B, layers, W, W)."""
        energy = hit * torch.pow(10.0, decades)
        return self.threshold_mev * energy.sum(dim=(2, 3))

    def field(self, time: Tensor, state: Tensor, told: Tensor) -> Tensor:
        """Give the velocities of cells (B, layers, W, W) at times (B,)."""
        return with_gaussian_part(time, state, self.velocity(time, state, told))

    def layer_energies(
        self, condition: Tensor, incident_mev: Tensor, normal: Tensor, most_mev: Tensor | None = None
    ) -> Tensor:
        """Turn standard normal numbers into energies of layers.

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (B, inputs).
        incident_mev
            Incident energies in MeV, shape (B,).
        normal
            Standard normal numbers, shape (B, `energies.normals`).
        most_mev
            The most that a shower can hold in MeV, shape (B,), larger ones being scaled down; None: no limit.

        Returns
        -------
        torch.Tensor
            Energies in MeV, shape (B, layers); a layer not above the threshold has no hit.
        """
        layer_mev = self.energies.draw(condition, incident_mev, normal)
        if most_mev is None:
            return layer_mev
        total = layer_mev.sum(dim=1)
        return layer_mev * (most_mev / total.clamp(min=_TINY_MEV)).clamp(max=1.0)[:, None]

    def transport(
        self,
        condition: Tensor,
        incident_mev: Tensor,
        layer_mev: Tensor,
        normal: Tensor,
        *,
        solver: AnySolverConfig | None = None,
    ) -> tuple[Tensor, Marginals]:
        """Carry standard normal numbers into cells; each shower depends on its own numbers alone.

        Parameters
        ----------
        condition
            Descriptions of the incident particles, shape (B, inputs).
        incident_mev
            Incident energies in MeV, shape (B,).
        layer_mev
            Energies of layers in MeV, shape (B, layers).
        normal
            Standard normal numbers, shape (B, `normals`).
        solver
            Instead of the configuration's.

        Returns
        -------
        tuple
            Energies of cells in MeV, 0 or above the threshold, shape (B, layers, W, W), and the laws of cells
            by themselves, with hit probabilities given the energies of layers and the shape.
        """
        shape = self.draw_shape(condition, incident_mev, layer_mev, normal)
        told = self.told(condition, incident_mev, layer_mev, shape)
        law = self.marginals(told)
        exact = self.velocity_type
        of_flow = told.to(exact)

        def field(time: Tensor, point: Tensor) -> Tensor:
            return self.field(time, point, of_flow)

        start = normal[:, self._of_shape :].reshape(-1, *self.shape).to(exact)
        made = integrate(field, start, solver or self.config.solver)
        hits = None if self.shower_shape is None or shape is None else self.shower_shape.hits(shape)
        return self.cells(law, made, layer_mev, hits), law

    @property
    def velocity_type(self) -> torch.dtype:
        """Precision in which the velocities are computed."""
        return next(self.velocity.parameters()).dtype

    def cells(self, law: Marginals, made: Tensor, layer_mev: Tensor, hits: Tensor | None) -> Tensor:
        """Turn normal numbers (B, layers, W, W) into energies in MeV that sum to `layer_mev` (B, layers).

        `hits` (B,) says how many cells are hit, as far as energies allow; None leaves it to the numbers.
        """
        made = made.to(law.probit.dtype)
        empty = (layer_mev <= self.threshold_mev)[:, :, None]
        # Above 0 is a hit. A layer with energy has one: the cell that was nearest to it.
        above = (made + law.probit).flatten(2).masked_fill(empty, -_FAR)
        nearest = above.argmax(dim=2, keepdim=True)
        if hits is not None:
            first = above.scatter(2, nearest, _FAR).masked_fill(empty, -_FAR).flatten(1)
            shift = -level_between(first, hits)
            law = law._replace(probit=law.probit + shift[:, None, None, None])
        decades, hit = self.marginals.shower(law, made)
        hit = hit.flatten(2).scatter(2, nearest, 1.0).masked_fill(empty, 0.0)
        energy = hit * self.threshold_mev * torch.pow(10.0, decades.flatten(2))
        return scaled_to(energy, layer_mev, self.threshold_mev).view(-1, *self.shape)


def level_between(scores: Tensor, number: Tensor) -> Tensor:
    """Give a level that so many of the scores exceed: halfway between those above it and those below.

    Parameters
    ----------
    scores
        Scores, shape (B, N).
    number
        How many are to be above the level, whole numbers of shape (B,); at least one is, and not all are.

    Returns
    -------
    torch.Tensor
        The levels, shape (B,).

    Examples
    --------
    >>> level_between(torch.tensor([[3.0, 1.0, 2.0, 0.0]]), torch.tensor([2.0])).tolist()
    [1.5]
    """
    places = number.long().clamp(1, scores.shape[1] - 1)[:, None]
    falling = scores.topk(int(places.max()) + 1, dim=1).values
    last, next_one = falling.gather(1, places - 1), falling.gather(1, places)
    return 0.5 * (last.clamp(-_WIDE, _WIDE) + next_one.clamp(-_WIDE, _WIDE))[:, 0]


def scaled_to(energy: Tensor, layer_mev: Tensor, threshold_mev: float) -> Tensor:
    """Scale the hits of layers to given sums; hits stay above the threshold as long as they can.

    Where there is not enough for all hits, the smallest are dropped; what lifting hits to the threshold costs
    is taken from the others, in proportion to what they have above it.

    Parameters
    ----------
    energy
        Energies of cells in MeV, 0 where there is no hit, shape (B, layers, cells).
    layer_mev
        The sums in MeV, shape (B, layers).
    threshold_mev
        Threshold in MeV.

    Returns
    -------
    torch.Tensor
        Energies in MeV, same shape.

    Examples
    --------
    >>> made = scaled_to(torch.tensor([[[3.0, 0.0, 1.0]]]), torch.tensor([[8.0]]), 0.1)
    >>> made.tolist()
    [[[6.0, 0.0, 2.0]]]
    """
    least = threshold_mev * (1.0 + 1e-6)
    hits = (energy > 0.0).sum(dim=2)
    room = (layer_mev / least).floor()
    if bool((hits > room).any()):
        rank = energy.argsort(dim=2, descending=True, stable=True).argsort(dim=2)
        energy = torch.where(rank < room[:, :, None], energy, torch.zeros_like(energy))
    hit = energy > 0.0
    total = energy.sum(dim=2, keepdim=True)
    energy = energy * (layer_mev[:, :, None] / total.clamp(min=_TINY_MEV))
    lifted = torch.where(hit, energy.clamp(min=least), energy)
    spare = torch.where(hit, lifted - least, torch.zeros_like(energy))
    excess = lifted.sum(dim=2, keepdim=True) - layer_mev[:, :, None]
    share = (excess / spare.sum(dim=2, keepdim=True).clamp(min=_TINY_MEV)).clamp(min=0.0, max=1.0)
    return lifted - share * spare
