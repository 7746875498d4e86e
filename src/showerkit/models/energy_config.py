"""What all networks that measure an energy have in common (no network library is loaded)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.data.cell_quantities import CellQuantity


class EnergyModelConfig(StrictConfig):
    """Inputs of a network that measures the energy of the incident particle.

    Parameters
    ----------
    inputs
        What the network is told of each cell, in order: ``charged-tracks``, ``deposits`` (MeV) or both.
    input_scale
        Each input is divided by this number, one for each of them; None: by 1.
    """

    inputs: tuple[CellQuantity, ...] = Field(default=("charged-tracks",), min_length=1, max_length=2)
    input_scale: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.inputs)) < len(self.inputs):
            raise ValueError("each input once")
        if self.input_scale is not None:
            if len(self.input_scale) != len(self.inputs):
                raise ValueError("an input_scale for each of the inputs")
            if min(self.input_scale) <= 0.0:
                raise ValueError("an input_scale above 0")
        return self

    @property
    def scales(self) -> tuple[float, ...]:
        """What each input is divided by."""
        return self.input_scale if self.input_scale is not None else (1.0,) * len(self.inputs)
