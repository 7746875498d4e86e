"""Networks that give velocities of windows of cells, and the code that tells them time and condition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.models.busiest_cells import BusiestCells
from showerkit.models.window_velocity_config import DenseVelocityConfig, PatchVelocityConfig

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.window_velocity_config import UNetVelocityConfig, WindowVelocityConfig

    AnyConfig = DenseVelocityConfig | PatchVelocityConfig | UNetVelocityConfig

#: Periods of the time's waves reach from twice the path's length down to an eighth of it.
_LEAST_WAVES, _MOST_WAVES = 0.5, 8.0
_TINY: Final = 1.0e-6


class WindowCode(nn.Module):
    """Numbers that describe the time on the path and what the shower is to be.

    Time enters as itself and as sines and cosines, 2 pi f_k t with frequencies in a geometric series.

    Parameters
    ----------
    config
        Frequencies and width.
    told
        Length of the condition.

    Examples
    --------
    >>> WindowCode(DenseVelocityConfig(code=16), 7)(torch.rand(2), torch.randn(2, 7)).shape
    torch.Size([2, 16])
    """

    frequencies: Tensor

    def __init__(self, config: WindowVelocityConfig, told: int) -> None:
        super().__init__()
        frequencies = torch.logspace(
            math.log10(_LEAST_WAVES), math.log10(_MOST_WAVES), config.time_frequencies
        )
        self.register_buffer("frequencies", 2.0 * math.pi * frequencies, persistent=False)
        self.inner = nn.Linear(told + 1 + 2 * config.time_frequencies, config.code)
        self.outer = nn.Linear(config.code, config.code)

    def forward(self, time: Tensor, condition: Tensor) -> Tensor:
        """Describe times (B,) and conditions (B, told), shape (B, code)."""
        waves = time[:, None] * self.frequencies
        told = torch.cat([condition, time[:, None], waves.sin(), waves.cos()], dim=1)
        code: Tensor = nn.functional.silu(self.outer(nn.functional.silu(self.inner(told))))
        return code


class DenseBlock(nn.Module):
    """Two layers, residual; the code sets scale and shift of what they see.

    Parameters
    ----------
    hidden
        Width.
    code
        Length of the code.
    """

    def __init__(self, hidden: int, code: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(code, 2 * hidden)
        self.inner = nn.Linear(hidden, hidden)
        self.outer = nn.Linear(hidden, hidden)
        for layer in (self.modulation, self.outer):  # the identity at first
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, state: Tensor, code: Tensor) -> Tensor:
        """Update states (B, hidden) as codes (B, code) say."""
        scale, shift = self.modulation(code).chunk(2, dim=1)
        size = state.square().mean(dim=1, keepdim=True).add(_TINY).rsqrt()
        seen = torch.addcmul(shift, state * size, 1.0 + scale)
        updated: Tensor = state + self.outer(nn.functional.silu(self.inner(seen)))
        return updated


class DenseVelocity(nn.Module):
    """Fully connected residual blocks over all cells at once.

    Parameters
    ----------
    config
        Its sizes.
    cells
        Number of cells.
    told
        Length of the condition.
    busiest
        Cells that it sees, see `BusiestCells`; the velocities of the others are 0. None: all.

    Examples
    --------
    >>> network = DenseVelocity(DenseVelocityConfig(hidden=8), cells=18, told=7)
    >>> network(torch.rand(4), torch.randn(4, 2, 3, 3), torch.randn(4, 7)).shape
    torch.Size([4, 2, 3, 3])
    """

    def __init__(
        self,
        config: DenseVelocityConfig,
        *,
        cells: int,
        told: int,
        busiest: int | None = None,
    ) -> None:
        super().__init__()
        self.busiest = None if busiest is None else BusiestCells(busiest, cells)
        seen = busiest or cells
        self.code = WindowCode(config, told)
        self.cells_in = nn.Linear(seen, config.hidden)
        self.code_in = nn.Linear(config.code, config.hidden, bias=False)
        self.blocks = nn.ModuleList(DenseBlock(config.hidden, config.code) for _ in range(config.blocks))
        self.cells_out = nn.Linear(config.hidden, seen)
        nn.init.zeros_(self.cells_out.weight)
        nn.init.zeros_(self.cells_out.bias)

    def forward(self, time: Tensor, state: Tensor, condition: Tensor) -> Tensor:
        """Give the velocities of cells.

        Parameters
        ----------
        time
            Time on the path from noise (0) to data (1), shape (B,).
        state
            States of cells, shape (B, layers, rows, columns).
        condition
            What the shower is to be, shape (B, told).

        Returns
        -------
        torch.Tensor
            Velocities, shape of `state`.
        """
        code = self.code(time, condition)
        cells = state.flatten(1)
        seen = cells if self.busiest is None else self.busiest.taken(cells)
        hidden = self.cells_in(seen) + self.code_in(code)
        for block in self.blocks:
            hidden = block(hidden, code)
        velocity: Tensor = self.cells_out(hidden)
        if self.busiest is not None:
            velocity = self.busiest.put(velocity, velocity.new_zeros(cells.shape[1]))
        return velocity.view_as(state)


def build_window_velocity(
    config: AnyConfig, *, shape: tuple[int, int, int], told: int, busiest: int | None = None
) -> nn.Module:
    """Build the network that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    shape
        (layers, rows, columns); as many rows as columns, unless the network is dense.
    told
        Length of the condition.
    busiest
        Cells that a dense network sees; None: all.

    Returns
    -------
    torch.nn.Module
        Called with times (B,), states (B, *shape) and conditions (B, told), it gives velocities.
    """
    if isinstance(config, DenseVelocityConfig):
        return DenseVelocity(config, cells=math.prod(shape), told=told, busiest=busiest)
    layers, _, across = shape
    if isinstance(config, PatchVelocityConfig):
        from showerkit.models.patch_velocity import PatchVelocity

        return PatchVelocity(config, layers=layers, across=across, told=told)
    from showerkit.models.unet_velocity import UNetVelocity

    return UNetVelocity(config, layers=layers, across=across, told=told)
