"""What a flow of showers is made of (no network library is loaded)."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from showerkit.configuration import StrictConfig
from showerkit.models.ode_solver_config import AnySolverConfig, FixedStepConfig
from showerkit.models.window_velocity_config import AnyWindowVelocityConfig, DenseVelocityConfig

#: Settings that only windows have.
_OF_WINDOWS: Final = ("cells_across", "mirror", "gaps_mm")


class LayerEnergiesConfig(StrictConfig):
    """The flows that draw the total energy and its shares in the layers.

    Parameters
    ----------
    variable
        What the density of the total is of, r being total / incident energy: ``logit``, ln(r / (1 - r));
        ``log``, ln r, where showers may hold more than the incident energy; ``auto``: as the training
        showers call for.
    transforms
        Number of spline transforms of the shares, one after another.
    hidden, layers
        Width and number of the hidden layers of each.
    bins
        Bins of the splines.
    """

    variable: Literal["auto", "logit", "log"] = "auto"
    transforms: int = Field(default=4, ge=1, le=64)
    hidden: int = Field(default=64, ge=1, le=4096)
    layers: int = Field(default=2, ge=1, le=8)
    bins: int = Field(default=8, ge=2, le=128)


class ShowerShapeConfig(StrictConfig):
    """The flow that draws number of hits, hottest share, centre and width of a shower before its cells.

    Parameters
    ----------
    transforms
        Number of spline transforms, one after another.
    hidden, layers
        Width and number of the hidden layers of each.
    bins
        Bins of the splines.
    network
        Width of a network that is taught by the splines to draw in their place, faster; None: they draw.
    """

    transforms: int = Field(default=3, ge=1, le=64)
    hidden: int = Field(default=64, ge=1, le=4096)
    layers: int = Field(default=2, ge=1, le=8)
    bins: int = Field(default=8, ge=2, le=128)
    network: int | None = Field(default=None, ge=1, le=4096)


class CellMarginalsConfig(StrictConfig):
    """The network that says what each cell does by itself.

    Parameters
    ----------
    scale
        Scale on which a hit's energy is taken for normal: ``quantiles`` of the hits in each ring of cells in
        the training, or ``softplus``, a logarithm that ends at the threshold.
    hidden, layers
        Width and number of the hidden layers.
    others
        How often the cells beyond the `busiest_cells` of a flow are hit: as they are on ``average``, or more
        or less than that, as the shower has it, those of a layer together (``by-layer``).
    """

    scale: Literal["quantiles", "softplus"] = "quantiles"
    hidden: int = Field(default=128, ge=1, le=4096)
    layers: int = Field(default=2, ge=1, le=8)
    others: Literal["average", "by-layer"] = "average"


class ShowerFlowConfig(StrictConfig):
    """Energies of layers first, then the cells by flow matching: those about the line of flight, or all.

    Parameters
    ----------
    kind
        Name of this family of models.
    frame
        Which cells the networks see: a ``window`` about the line of flight, for regular grids of cells; or
        ``fixed``, all cells where they are, for any detector.
    cells_across
        Width of the window in cells, odd; what lies outside it stays empty.
    depth_mm
        Depth behind the front face, in mm, at which the line of flight tells the window's central cell, or,
        with all cells, the place of entry.
    mirror
        Of windows: reflect showers so that all directions fall into one octant (a quadrant, where cells are
        not square), and the generated ones back.
    gaps_mm
        Of windows: tell the networks how much of the line of flight runs in gaps between cells, or near to
        them, closeness falling by e in so many mm (see `showerkit.data.near_gaps`); None: do not.
    energies
        How the energies of layers are drawn.
    shape
        How number of hits, hottest share, centre and width are drawn, which cells are told then; None: they
        are left to the cells.
    marginals
        What says how each cell does by itself.
    network
        What gives the velocities of the cells.
    busiest_cells
        Networks see so many cells, those that are hit most often; the others are hit each by itself, as
        `marginals.others` says. None: all cells.
    solver
        How samples follow them; may be chosen anew when generating.
    jumps
        The network was taught to go from noise to cells in so many Euler steps and knows no other; None: it
        gives velocities.
    """

    kind: Literal["shower-flow"] = "shower-flow"
    frame: Literal["window", "fixed"] = "window"
    cells_across: int = Field(default=15, ge=1, le=99)
    depth_mm: float = Field(default=0.0, ge=0.0)
    mirror: bool = True
    gaps_mm: float | None = Field(default=None, gt=0.0, le=100.0)
    energies: LayerEnergiesConfig = LayerEnergiesConfig()
    shape: ShowerShapeConfig | None = ShowerShapeConfig()
    marginals: CellMarginalsConfig = CellMarginalsConfig()
    network: AnyWindowVelocityConfig = Field(default=DenseVelocityConfig())
    busiest_cells: int | None = Field(default=None, ge=1)
    solver: AnySolverConfig = Field(default=FixedStepConfig(kind="midpoint", steps=4, crowding=1.0))
    jumps: int | None = Field(default=None, ge=1, le=64)

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave settings of windows out where there are none, and the kind of frame where it is a window."""
        values: dict[str, Any] = plain(self)
        for name in _OF_WINDOWS if self.frame == "fixed" else ("frame",):
            values.pop(name, None)
        if self.gaps_mm is None:
            values.pop("gaps_mm", None)
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.frame == "fixed":
            unused = [name for name in _OF_WINDOWS if name in self.model_fields_set]
            if unused:
                raise ValueError(f"no {unused[0]} with frame 'fixed', which has no windows")
            if not isinstance(self.network, DenseVelocityConfig):
                raise ValueError("network.kind 'dense' with frame 'fixed': the others see cells side by side")
        if self.cells_across % 2 == 0:
            raise ValueError("an odd number of cells across, so that one is the centre")
        if self.busiest_cells is not None and not isinstance(self.network, DenseVelocityConfig):
            raise ValueError("network.kind 'dense' with busiest_cells: the others see cells side by side")
        everywhere = self.busiest_cells is None and self.frame == "window"
        if everywhere and self.marginals.others != "average":
            raise ValueError("busiest_cells with marginals.others: else there are no others")
        steps = FixedStepConfig(kind="euler", steps=self.jumps or 1, crowding=1.0)
        if self.jumps is not None and self.solver != steps:
            raise ValueError(f"with jumps the solver is euler in {self.jumps} equal steps")
        return self
