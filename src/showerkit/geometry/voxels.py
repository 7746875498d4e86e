"""Voxels of a cylinder around a particle's direction: layers along it, rings in radius, sectors in angle."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.typing import FloatArray


class VoxelLayer(StrictConfig):
    """One or several equal layers of voxels.

    Parameters
    ----------
    radial_edges_mm
        Edges of the rings in mm, rising from 0.
    angular_bins
        Number of equal sectors of each ring, from -pi on.
    number
        The layer's name in its experiment; by default one more than the layer before.
    repeat
        How many such layers follow one another.
    centre_limit_mm, width_limit_mm
        Histograms of the centre of energy cover -limit to limit, those of its width 0 to the limit, in mm; by
        default the layer's outer radius.
    radial_centre_limit_mm, radial_width_limit_mm
        The same for the mean radius and its spread, from 0 on, in mm.
    """

    radial_edges_mm: tuple[float, ...] = Field(min_length=2, max_length=10_000)
    angular_bins: int = Field(default=1, ge=1, le=10_000)
    number: int | None = Field(default=None, ge=0)
    repeat: int = Field(default=1, ge=1, le=10_000)
    centre_limit_mm: float | None = Field(default=None, gt=0.0)
    width_limit_mm: float | None = Field(default=None, gt=0.0)
    radial_centre_limit_mm: float | None = Field(default=None, gt=0.0)
    radial_width_limit_mm: float | None = Field(default=None, gt=0.0)

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        if self.radial_edges_mm[0] != 0.0 or (np.diff(self.radial_edges_mm) <= 0.0).any():
            raise ValueError("'radial_edges_mm' that rise from 0")
        return self

    @property
    def rings(self) -> int:
        """Number of rings."""
        return len(self.radial_edges_mm) - 1

    @property
    def voxels(self) -> int:
        """Number of voxels of one such layer."""
        return self.rings * self.angular_bins

    def limit(self, name: str) -> float:
        """Limit of a histogram in mm, such as ``centre_limit_mm``."""
        value: float | None = getattr(self, name)
        return self.radial_edges_mm[-1] if value is None else value


class ResponseWindow(StrictConfig):
    """A window of incident energies in which the response has a histogram of its own.

    Parameters
    ----------
    energy_mev
        Lower edge (included) and upper edge of the window in MeV.
    limits
        Limits of the histogram of total over incident energy.
    """

    energy_mev: tuple[float, float]
    limits: tuple[float, float]

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not (self.energy_mev[0] < self.energy_mev[1] and self.limits[0] < self.limits[1]):
            raise ValueError("'energy_mev' and 'limits' that rise")
        return self


class VoxelGeometry(StrictConfig):
    """How the voxels of a file are arranged.

    Voxels are counted layer by layer, in a layer sector by sector, and in a sector from the inner ring to
    the outer one, as in the files of the CaloChallenge (arXiv:2410.21611).

    Parameters
    ----------
    name, title
        Short name and one line of description.
    threshold_mev
        Deposits below this, in MeV, are counted as 0.
    layers
        The layers along the particle's direction.
    response_windows
        Windows of incident energy with a histogram of the response each.

    Examples
    --------
    >>> layers = [{"radial_edges_mm": [0, 10, 20], "angular_bins": 8, "repeat": 3}]
    >>> geometry = VoxelGeometry(name="small", threshold_mev=0.1, layers=layers)
    >>> geometry.n_voxels, geometry.layer_numbers, geometry.starts.tolist()
    (48, (0, 1, 2), [0, 16, 32, 48])
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    title: str = ""
    threshold_mev: float = Field(default=0.1, gt=0.0)
    layers: tuple[VoxelLayer, ...] = Field(min_length=1, max_length=10_000)
    response_windows: tuple[ResponseWindow, ...] = ()

    @model_validator(mode="after")
    def _numbers_rise(self) -> Self:
        if sum(layer.repeat for layer in self.layers) > 10_000:
            raise ValueError("at most 10,000 layers")
        numbers = self.layer_numbers
        if any(after <= before for before, after in pairwise(numbers)):
            raise ValueError("'layers' whose numbers rise")
        return self

    @property
    def each_layer(self) -> tuple[VoxelLayer, ...]:
        """All layers, repeated ones one by one."""
        return tuple(layer for layer in self.layers for _ in range(layer.repeat))

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """Number of each layer."""
        numbers: list[int] = []
        for layer in self.layers:
            first = layer.number if layer.number is not None else (numbers[-1] + 1 if numbers else 0)
            numbers.extend(range(first, first + layer.repeat))
        return tuple(numbers)

    @property
    def starts(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Place of each layer's first voxel, and the number of voxels at the end."""
        return np.concatenate([[0], np.cumsum([layer.voxels for layer in self.each_layer])]).astype(np.int64)

    @property
    def n_voxels(self) -> int:
        """Number of voxels."""
        return int(self.starts[-1])

    @property
    def regular_shape(self) -> tuple[int, int, int] | None:
        """Layers, sectors and rings, if all layers are alike; else None."""
        first = self.each_layer[0]
        alike = all(
            (layer.angular_bins, layer.radial_edges_mm) == (first.angular_bins, first.radial_edges_mm)
            for layer in self.each_layer
        )
        return (len(self.each_layer), first.angular_bins, first.rings) if alike else None


def voxel_positions(layer: VoxelLayer) -> tuple[FloatArray, FloatArray, FloatArray]:
    r"""Centres of a layer's voxels, in the order of the file.

    .. math:: x = r \cos\alpha, \qquad y = r \sin\alpha

    with the middle of the ring r and of the sector alpha; the CaloChallenge calls x and y eta and phi.

    Parameters
    ----------
    layer
        The layer.

    Returns
    -------
    tuple of numpy.ndarray
        x, y and r in mm, each of shape (voxels,).

    Examples
    --------
    >>> x, y, r = voxel_positions(VoxelLayer(radial_edges_mm=(0.0, 2.0), angular_bins=4))
    >>> x.round(3).tolist(), r.tolist()
    ([-0.707, 0.707, 0.707, -0.707], [1.0, 1.0, 1.0, 1.0])
    """
    # Rounding matters: a shower of one hit may lie exactly on the edge of a histogram's bin.
    edges = np.asarray(layer.radial_edges_mm, dtype=np.float64)
    sectors = np.linspace(-np.pi, np.pi, layer.angular_bins + 1)
    middle = np.tile(edges[:-1] + np.diff(edges) / 2.0, layer.angular_bins)
    angle = np.repeat(sectors[:-1] + np.diff(sectors) / 2.0, layer.rings)
    radius = np.tile((edges[:-1] + edges[1:]) * 0.5, layer.angular_bins)
    return middle * np.cos(angle), middle * np.sin(angle), radius
