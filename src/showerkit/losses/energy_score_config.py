"""Settings of the energy score (read without loading any network library)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class EnergyScoreConfig(StrictConfig):
    """Weights of the proper scoring rules that make up the loss.

    Parameters
    ----------
    kind
        Name of this objective.
    cells
        Of the energy score of all cells' logarithmic energies together.
    each_cell, each_hit
        Of the continuous ranked probability scores of every cell's logarithmic energy, and of its hit.
    observables, each_observable
        Of the energy score of the shower's observables together, and of the scores of each.
    """

    kind: Literal["energy-score"] = "energy-score"
    cells: float = Field(default=1.0, ge=0.0)
    each_cell: float = Field(default=0.125, ge=0.0)
    each_hit: float = Field(default=0.25, ge=0.0)
    observables: float = Field(default=1.0, ge=0.0)
    each_observable: float = Field(default=1.0, ge=0.0)
