"""Showers: energies of layers by normalising flows, then cells by flow matching."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import nn

from showerkit.errors import ConfigurationError
from showerkit.models.cell_marginals import CellMarginals, Marginals
from showerkit.models.gaussian_velocity import (
    about_normal,
    spread_of_normal,
    with_gaussian_part,
    with_gaussian_step,
)
from showerkit.models.layer_energies import LayerEnergies
from showerkit.models.lit_cells import LitCells, levels, places_above, places_of, scaled_hits
from showerkit.models.ode_solvers import integrate
from showerkit.models.shape_match import conditions, matched_to_shape
from showerkit.models.shower_shape import ShowerShape
from showerkit.models.window_velocity import DenseVelocity, build_window_velocity

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor

    from showerkit.data.cell_layout import CellLayout
    from showerkit.data.window_condition import WindowCondition
    from showerkit.models.ode_solver_config import AnySolverConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig

#: Energy, its logarithm, two slopes, two offsets: see `showerkit.data.shower_frame`.
_WINDOW_INPUTS: Final = 6
_GAP_INPUTS: Final = 2
_OFFSETS: Final = slice(4, 6)
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
    layout
        How the cells lie that it sees.
    particles
        Kinds of incident particles; if there are several, as many columns of the condition tell which.
    threshold_mev
        Threshold of a hit in MeV.

    Examples
    --------
    >>> from showerkit.models.shower_flow_config import ShowerFlowConfig
    >>> from showerkit.data.cell_layout import window_layout
    >>> flow = ShowerFlow(ShowerFlowConfig(cells_across=3), layout=window_layout(2, 3), threshold_mev=0.1)
    >>> particle, incident_mev = torch.zeros(4, 6), torch.full((4,), 1e3)
    >>> layer_mev = flow.layer_energies(particle, incident_mev, torch.randn(4, flow.energies.normals))
    >>> hits, _ = flow.transport(particle, incident_mev, layer_mev, torch.randn(4, flow.normals))
    >>> energy = hits.windows(4, flow.shape)
    >>> told = torch.where(layer_mev < 0.1, 0.0, layer_mev)  # less than a threshold is no hit
    >>> energy.shape, torch.allclose(energy.sum(dim=(2, 3)), told)
    (torch.Size([4, 2, 3, 3]), True)
    """

    present: Tensor
    origin_mean: Tensor
    origin_width: Tensor

    def __init__(
        self, config: ShowerFlowConfig, *, layout: CellLayout, particles: int = 1, threshold_mev: float
    ) -> None:
        super().__init__()
        self.config = config
        self.layout = layout
        self.shape = layout.shape
        layers = self.shape[0]
        self.register_buffer("present", torch.from_numpy(layout.present), persistent=False)
        if not layout.follows_flight:
            self.register_buffer("origin_mean", torch.zeros(2))
            self.register_buffer("origin_width", torch.ones(2))
        self.inputs = _WINDOW_INPUTS + (0 if config.gaps_mm is None else _GAP_INPUTS)
        self.inputs += particles if particles > 1 else 0
        self.threshold_mev = threshold_mev
        self.energies = LayerEnergies(
            config.energies, layers=layers, inputs=self.inputs, threshold_mev=threshold_mev
        )
        told = self.inputs + self.energies.told
        self.shower_shape: ShowerShape | None = None
        if config.shape is not None:
            self.shower_shape = ShowerShape(config.shape, told=told, layout=layout)
        told += 0 if self.shower_shape is None else self.shower_shape.numbers
        sizes: dict[str, Any] = {"told": told, "busiest": self._busiest}
        self.marginals = CellMarginals(config.marginals, layout=layout, **sizes)
        self.velocity = build_window_velocity(config.network, shape=self.shape, **sizes)

    @property
    def _busiest(self) -> int | None:
        """Cells that networks see; None: every place."""
        there = self.layout.n_present
        asked: int | None = self.config.busiest_cells
        if asked is not None and asked > there:
            raise ConfigurationError(
                "model.busiest_cells",
                got=asked,
                expected=f"at most {there}, the cells that there are",
                mend="leave it out, or choose fewer",
            )
        return there if asked is None and not self.layout.is_full else asked

    @property
    def normals(self) -> int:
        """Standard normal numbers that `transport` takes: those of the shape, then one for each cell."""
        cells: int = self.layout.n_present
        return self._of_shape + cells

    def see(self, condition: WindowCondition) -> None:
        """Learn from how inputs are standardised where lines of flight cross, if cells do not follow them."""
        if not self.layout.follows_flight:
            self.origin_mean.copy_(torch.tensor(condition.mean[_OFFSETS]))
            self.origin_width.copy_(torch.tensor(condition.width[_OFFSETS]))

    def origin(self, condition: Tensor) -> Tensor | None:
        """Tell from where a shower's centre is told, in cells, shape (B, 2); None: from that of the cells."""
        if self.layout.follows_flight:
            return None
        return condition[:, _OFFSETS] * self.origin_width + self.origin_mean

    def start(self, normal: Tensor) -> Tensor:
        """Give the states (B, *shape) at which the cells begin, of the numbers that `transport` takes."""
        cells = normal[:, self._of_shape :]
        if not self.layout.is_full:
            # A gather, which graphs can hold: places without a cell begin, and stay, at 0.
            source = torch.where(self.present, self.present.cumsum(0) - 1, cells.shape[1])
            cells = torch.cat([cells, torch.zeros_like(cells[:, :1])], dim=1).index_select(1, source)
        return cells.reshape(-1, *self.shape)

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
        """Give the energies of layers in MeV, shape (B, layers), from cells (B, *shape)."""
        energy = hit * (math.log(10.0) * decades).exp()
        return self.threshold_mev * energy.sum(dim=(2, 3))

    def start_at(self, hit_share: ArrayLike, mean_decades: ArrayLike) -> None:
        """Begin with shares of hits and their mean decades, both of `shape`, which tell busy cells."""
        # Nothing is less busy than a place without a cell.
        share = torch.as_tensor(hit_share).masked_fill(~self.present.view(self.shape), -1.0)
        self.marginals.start_at(share, mean_decades)
        if isinstance(self.velocity, DenseVelocity) and self.velocity.busiest is not None:
            self.velocity.busiest.choose(share)

    def field(self, time: Tensor, state: Tensor, told: Tensor) -> Tensor:
        """Give the velocities of cells (B, *shape) at times (B,)."""
        output = self.velocity(time, state, told)
        if self.config.jumps is not None:
            return with_gaussian_step(time, state, output, self.config.jumps)
        return with_gaussian_part(time, state, output)

    def carried(
        self, start: Tensor, told: Tensor, solver: AnySolverConfig, *, begin: float = 0.0, end: float = 1.0
    ) -> Tensor:
        """Carry states (B, *shape) along the velocities from one time to another."""
        if self.config.jumps is not None:
            return integrate(lambda t, x: self.field(t, x, told), start, solver, begin=begin, end=end)
        velocity = about_normal(lambda t, x: self.velocity(t, x, told))
        at_begin, at_end = spread_of_normal(begin), spread_of_normal(end)
        return at_end * integrate(velocity, start / at_begin, solver, begin=begin, end=end)

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
            layers and shape, (B, *shape).
        """
        shape = self.draw_shape(condition, incident_mev, layer_mev, normal)
        told = self.told(condition, incident_mev, layer_mev, shape)
        output = self.marginals.output(told)
        probit = self.marginals.probit(output)
        exact = self.velocity_type
        of_flow = told.to(exact)

        start = self.start(normal).to(exact)
        if self.config.jumps == 1:  # as an Euler step would, without its sums
            made = start + self.velocity(start.new_zeros(len(start)), start, of_flow)
        else:
            made = self.carried(start, of_flow, solver or self.config.solver)
        return self._cells(output, probit, made, layer_mev, shape, self.origin(condition)), probit

    @property
    def velocity_type(self) -> torch.dtype:
        """Precision in which the velocities are computed."""
        return next(self.velocity.parameters()).dtype

    def _cells(
        self,
        output: Tensor,
        probit: Tensor,
        made: Tensor,
        layer_mev: Tensor,
        shape: Tensor | None,
        origin: Tensor | None,
    ) -> LitCells:
        """Turn normal numbers (B, *self.shape) into hits whose energies sum to `layer_mev` (B, layers).

        `shape` (B, 5) says how many cells are hit, as far as energies allow, and what hottest share, centre
        (from `origin`) and width are; None leaves it to the numbers.
        """
        one = self.shower_shape
        hits = None if one is None or shape is None else one.hits(shape)
        layers, cells = self.shape[0], self.shape[1] * self.shape[2]
        score = (made + probit.to(made.dtype)).flatten(2)
        if not self.layout.is_full:
            score = score.masked_fill(~self.present.view(layers, cells), -_FAR)
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
        if forced is None:
            flat = places_above(score.flatten(1), between)
        else:
            hit = (score > between[:, None, None]).scatter(2, forced, True)
            flat = places_of(hit & ~empty[:, :, None])
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
            wanted, share, centre = one.wanted(shape, origin)
            table = conditions(one.position)
            if layers > 1:  # or what comes after would undo the match
                made_mev = scaled_hits(made_mev, owner, layer_mev.flatten(), self.threshold_mev)
            made_mev = matched_to_shape(made_mev, event, place, wanted, share, table, centre).to(exact)
            made_mev = made_mev * layer_mev.sum(dim=1).index_select(0, event)
        energy = scaled_hits(made_mev, owner, layer_mev.flatten(), self.threshold_mev)
        return LitCells(event, place, energy)
