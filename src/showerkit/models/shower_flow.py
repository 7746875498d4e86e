"""Showers in windows: energies of layers by normalising flows, then cells by flow matching."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import nn

from showerkit.models.cell_marginals import CellMarginals, Marginals
from showerkit.models.gaussian_velocity import with_gaussian_part, with_gaussian_step
from showerkit.models.layer_energies import LayerEnergies
from showerkit.models.lit_cells import LitCells, levels, scaled_hits
from showerkit.models.ode_solvers import integrate
from showerkit.models.shape_match import matched_to_shape
from showerkit.models.shower_shape import ShowerShape
from showerkit.models.window_velocity import DenseVelocity, build_window_velocity

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor

    from showerkit.models.ode_solver_config import AnySolverConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig

#: Energy, its logarithm, two slopes, two offsets: see `showerkit.data.entry_frame`.
_WINDOW_INPUTS: Final = 6
_TINY_MEV: Final = 1.0e-9
#: A score beyond all others.
_FAR: Final = 1.0e6


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
    >>> hits, _ = flow.transport(particle, incident_mev, layer_mev, torch.randn(4, flow.normals))
    >>> energy = hits.windows(4, flow.shape)
    >>> told = torch.where(layer_mev < 0.1, 0.0, layer_mev)  # less than a threshold is no hit
    >>> energy.shape, torch.allclose(energy.sum(dim=(2, 3)), told)
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
        sizes: dict[str, Any] = {"layers": layers, "across": across, "told": told}
        sizes["busiest"] = config.busiest_cells
        self.marginals = CellMarginals(config.marginals, **sizes)
        self.velocity = build_window_velocity(config.network, **sizes)

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
        energy = hit * (math.log(10.0) * decades).exp()
        return self.threshold_mev * energy.sum(dim=(2, 3))

    def start_at(self, hit_share: ArrayLike, mean_decades: ArrayLike) -> None:
        """Begin with shares of hits and their mean decades, both (layers, W, W), which tell busy cells."""
        self.marginals.start_at(hit_share, mean_decades)
        if isinstance(self.velocity, DenseVelocity) and self.velocity.busiest is not None:
            self.velocity.busiest.choose(torch.as_tensor(hit_share))

    def field(self, time: Tensor, state: Tensor, told: Tensor) -> Tensor:
        """Give the velocities of cells (B, layers, W, W) at times (B,)."""
        output = self.velocity(time, state, told)
        if self.config.jumps is not None:
            return with_gaussian_step(time, state, output, self.config.jumps)
        return with_gaussian_part(time, state, output)

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
    ) -> tuple[LitCells, Tensor]:
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
            The hits, and the probits of the hit probabilities of cells by themselves, given energies of
            layers and shape, (B, layers, W, W).
        """
        shape = self.draw_shape(condition, incident_mev, layer_mev, normal)
        told = self.told(condition, incident_mev, layer_mev, shape)
        output = self.marginals.head(self.marginals.body(told))
        probit = self.marginals.probit(output)
        exact = self.velocity_type
        of_flow = told.to(exact)

        def field(time: Tensor, point: Tensor) -> Tensor:
            return self.field(time, point, of_flow)

        start = normal[:, self._of_shape :].reshape(-1, *self.shape).to(exact)
        if self.config.jumps == 1:  # as an Euler step would, without its sums
            made = start + self.velocity(start.new_zeros(len(start)), start, of_flow)
        else:
            made = integrate(field, start, solver or self.config.solver)
        return self._cells(output, probit, made, layer_mev, shape), probit

    @property
    def velocity_type(self) -> torch.dtype:
        """Precision in which the velocities are computed."""
        return next(self.velocity.parameters()).dtype

    def _cells(
        self, output: Tensor, probit: Tensor, made: Tensor, layer_mev: Tensor, shape: Tensor | None
    ) -> LitCells:
        """Turn normal numbers (B, layers, W, W) into hits whose energies sum to `layer_mev` (B, layers).

        `shape` (B, 5) says how many cells are hit, as far as energies allow, and what hottest share, centre
        and width are; None leaves it to the numbers.
        """
        one = self.shower_shape
        hits = None if one is None or shape is None else one.hits(shape)
        layers, cells = self.shape[0], self.shape[1] * self.shape[2]
        score = (made + probit.to(made.dtype)).flatten(2)
        empty = layer_mev <= self.threshold_mev
        if bool(empty.any()):
            score = score.masked_fill(empty[:, :, None], -_FAR)
        forced = None
        if layers > 1 or hits is None:
            # A layer with energy has a hit: the cell that is nearest to one.
            forced = score.argmax(dim=2, keepdim=True)
        level = between = torch.zeros_like(score[:, 0, 0])
        if hits is not None:
            first = score
            if forced is not None:
                first = score.scatter(2, forced, _FAR).masked_fill(empty[:, :, None], -_FAR)
            between, level = levels(first.flatten(1), hits)
        hit = score > between[:, None, None]
        if forced is not None:
            hit = hit.scatter(2, forced, True) & ~empty[:, :, None]
        flat = hit.flatten().nonzero()[:, 0]
        event = torch.div(flat, layers * cells, rounding_mode="floor")
        place = flat - event * (layers * cells)
        exact = layer_mev.dtype
        middle = self.marginals.scale(self.marginals.mean_decades[None])
        location, log_spread = self.marginals.of_hits(output, middle, event, place)
        shifted = probit.reshape(-1).index_select(0, flat) - level.index_select(0, event)
        law = Marginals(shifted.to(exact), location.to(exact), log_spread.to(exact))
        x = made.reshape(-1).index_select(0, flat).to(exact)
        decades = self.marginals.decades(law, x, place)
        owner = event if layers == 1 else event * layers + torch.div(place, cells, rounding_mode="floor")
        made_mev = self.threshold_mev * (math.log(10.0) * decades).exp()
        if one is not None and shape is not None:
            wanted, share = one.wanted(shape)
            if layers > 1:  # or what comes after would undo the match
                made_mev = scaled_hits(made_mev, owner, layer_mev.flatten(), self.threshold_mev)
            made_mev = matched_to_shape(made_mev, event, place, wanted, share, self.shape[1]).to(exact)
            made_mev = made_mev * layer_mev.sum(dim=1).index_select(0, event)
        energy = scaled_hits(made_mev, owner, layer_mev.flatten(), self.threshold_mev)
        return LitCells(event, place, energy)
