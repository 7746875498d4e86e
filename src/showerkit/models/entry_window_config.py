"""What a generator of windows about the point of entry is made of (no network library is loaded)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig


class EntryWindowConfig(StrictConfig):
    """A generator of the cells around the line of flight, in the frame of the cell that the line crosses.

    Parameters
    ----------
    kind
        Name of this family of networks.
    cells_across
        Width of the window in cells, odd; what lies outside it stays empty.
    depth_mm
        Depth behind the front face at which the line of flight tells the window's central cell, in mm.
    mirror
        Reflect showers so that all directions fall into one octant (a quadrant, where cells are not square),
        and the generated ones back: what the network learns in one octant holds in all.
    random_inputs
        Number of standard normal random inputs, which all cells share.
    noise_reach
        Cells up to this far apart share the random numbers by which they are drawn; 0: none do.
    hidden, hidden_layers
        Width and number of the hidden layers.
    temperature
        Temperature of the binary concrete law through which the gradient passes a drawn hit.
    """

    kind: Literal["entry-window"] = "entry-window"
    cells_across: int = Field(default=15, ge=1, le=99)
    depth_mm: float = Field(default=0.0, ge=0.0)
    mirror: bool = True
    random_inputs: int = Field(default=64, ge=1, le=4096)
    noise_reach: int = Field(default=2, ge=0, le=10)
    hidden: int = Field(default=512, ge=1, le=8192)
    hidden_layers: int = Field(default=3, ge=1, le=20)
    temperature: float = Field(default=0.5, gt=0.0)

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.cells_across % 2 == 0:
            raise ValueError("an odd number of cells across, so that one is the centre")
        return self


class WindowDiscriminatorConfig(StrictConfig):
    """Two discriminators of windows: one sees cells and observables, one the observables alone.

    Parameters
    ----------
    hidden
        Width of the three hidden layers of the first.
    observables_hidden
        Width of those of the second.
    """

    hidden: int = Field(default=512, ge=1, le=8192)
    observables_hidden: int = Field(default=128, ge=1, le=8192)
