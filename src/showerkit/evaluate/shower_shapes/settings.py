"""Settings of the shower shapes."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig


class ShapeConfig(StrictConfig):
    """How shower shapes are measured.

    Parameters
    ----------
    energy_edges_gev
        Edges of the bins of incident energy in GeV, rising. By default one bin for each energy of a sample
        with few distinct ones, else bins with equally many showers.
    energy_bins
        Number of bins where no edges are given.
    max_theta_deg
        Largest angle to the z axis in degrees; oblique showers cross several cells in one layer.
    min_showers
        Bins with fewer showers are left out.
    depth_slices
        Number of groups of neighbouring layers, each with a transverse profile of its own.
    ring_width_mm
        Width of the rings of the transverse profile in mm; by default a sixth of the cells' pitch.
    max_radius_mm
        Outermost distance of the transverse profile in mm; by default five pitches, at most half the width.
    each_shower
        Whether E0 and T0 are also fitted to every single shower, with beta fixed.

    Examples
    --------
    >>> ShapeConfig(energy_edges_gev=(1.0, 2.0, 5.0)).energy_bins
    8
    """

    energy_edges_gev: tuple[float, ...] | None = None
    energy_bins: int = Field(default=8, ge=1, le=1000)
    max_theta_deg: float = Field(default=5.0, gt=0.0, lt=90.0)
    min_showers: int = Field(default=30, ge=5)
    depth_slices: int = Field(default=1, ge=1)
    ring_width_mm: float | None = Field(default=None, gt=0.0)
    max_radius_mm: float | None = Field(default=None, gt=0.0)
    each_shower: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Self:
        edges = self.energy_edges_gev
        if edges is not None and (len(edges) < 2 or edges[0] < 0 or any(b <= a for a, b in pairwise(edges))):
            raise ValueError("energy_edges_gev: at least two rising edges, none negative")
        return self
