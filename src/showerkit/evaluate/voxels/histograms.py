"""The histograms of the CaloChallenge, filled in blocks of showers so that errors can be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.evaluate.voxels.observables import ObservableMaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.voxels.observables import VoxelObservables
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.typing import FloatArray, IntArray

#: Showers are dealt to so many blocks in turn; the bootstrap draws blocks.
BLOCKS: Final = 100
#: Group, its name for readers, its unit, and whether its axis is logarithmic.
GROUPS: Final[dict[str, tuple[str, str, bool]]] = {
    "response": ("Total over incident energy", "", False),
    "layer_energy": ("Energy of a layer", "MeV", True),
    "centre_x": ("Centre of energy in x (eta)", "mm", False),
    "centre_y": ("Centre of energy in y (phi)", "mm", False),
    "width_x": ("Width in x (eta)", "mm", False),
    "width_y": ("Width in y (phi)", "mm", False),
    "voxel_energy": ("Energy of a voxel", "MeV", True),
    "sparsity": ("Sparsity of a layer", "", False),
    "radial_centre": ("Mean radius", "mm", False),
    "radial_width": ("Width in radius", "mm", False),
}
VOXEL_ENERGY: Final = "voxel_energy"
_LIMITS: Final = {
    "centre_x": "centre_limit_mm",
    "centre_y": "centre_limit_mm",
    "width_x": "width_limit_mm",
    "width_y": "width_limit_mm",
    "radial_centre": "radial_centre_limit_mm",
    "radial_width": "radial_width_limit_mm",
}


@dataclass(frozen=True, eq=False)
class VoxelHistogram:
    """One histogram: what it shows and its bins.

    Parameters
    ----------
    key, group
        Its name, and the group it belongs to.
    layer
        The layer's number; None for what is of the whole shower.
    window_mev
        Window of incident energy, in MeV; None: all.
    edges
        Edges of the bins, shape (bins + 1,); values on the last edge belong to the last bin.
    column
        Place among the columns of its group.
    """

    key: str
    group: str
    layer: int | None
    window_mev: tuple[float, float] | None
    edges: FloatArray
    column: int = 0

    @property
    def label(self) -> str:
        """Its name for readers, with the unit."""
        name, unit, _ = GROUPS[self.group]
        place = "" if self.layer is None else f", layer {self.layer}"
        if self.window_mev is not None:
            place = f", {self.window_mev[0]:g} to {self.window_mev[1]:g} MeV"
        return f"{name}{place}" + (f" [{unit}]" if unit else "")


def voxel_histograms(
    geometry: VoxelGeometry, threshold_mev: float, reference: VoxelObservables, largest: np.floating[Any]
) -> list[VoxelHistogram]:
    """Choose the bins as the CaloChallenge does; energies reach to the reference's largest.

    Total over incident energy has 100 bins from 0.5 to 1.5 (20 in windows of energy), centres and widths 100
    within the geometry's limits, sparsity 20, energies of layers 39 and of voxels 49 logarithmic ones from
    the threshold on.

    Parameters
    ----------
    geometry
        The voxels.
    threshold_mev
        Deposits below this, in MeV, count as 0.
    reference
        The reference's features.
    largest
        The reference's largest voxel in MeV, in the precision of its file.

    Returns
    -------
    list of VoxelHistogram
        Those whose bins are known: a layer without any deposit in the reference has none for its energy.
    """
    found = [VoxelHistogram("response", "response", None, None, np.linspace(0.5, 1.5, 101))]
    for window in geometry.response_windows:
        key = f"response_{window.energy_mev[0]:g}"
        found.append(
            VoxelHistogram(key, "response", None, window.energy_mev, np.linspace(*window.limits, 21))
        )
    precision = np.asarray(largest).dtype.type
    maker, numbers = ObservableMaker(geometry), geometry.layer_numbers
    for group in GROUPS:
        if group == VOXEL_ENERGY:
            edges = _logarithmic(threshold_mev, largest, 50)
            found += [] if edges is None else [VoxelHistogram(group, group, None, None, edges)]
            continue
        if group == "response":
            continue
        for column, place in enumerate(maker.layers_of(group)):
            chosen: FloatArray | None
            if group == "layer_energy":
                chosen = _logarithmic(threshold_mev, precision(reference.groups[group][:, column].max()), 40)
            elif group == "sparsity":
                chosen = np.linspace(0.0, 1.0, 21)
            else:
                limit = geometry.each_layer[place].limit(_LIMITS[group])
                chosen = np.linspace(-limit if group.startswith("centre_") else 0.0, limit, 101)
            if chosen is not None:
                key = f"{group}_{numbers[place]}"
                found.append(VoxelHistogram(key, group, numbers[place], None, chosen, column))
    return found


def _logarithmic(low: float, high: np.floating[Any], edges: int) -> FloatArray | None:
    if not high > low:
        return None
    return np.logspace(np.log10(low), np.log10(high), edges)


def blocks_of(n: int) -> IntArray:
    """Number of the block of each of n showers."""
    return np.arange(n) % BLOCKS


def block_counts(values: NDArray[Any], blocks: IntArray, edges: FloatArray) -> FloatArray:
    """Fill one histogram for every block.

    Parameters
    ----------
    values
        Values, shape (N,); those outside the edges are left out.
    blocks
        Number of each value's block, shape (N,).
    edges
        Edges of the bins, shape (bins + 1,).

    Returns
    -------
    numpy.ndarray
        Contents, shape (BLOCKS, bins).

    Examples
    --------
    >>> values = np.array([0.0, 0.5, 2.0, 2.1])
    >>> block_counts(values, np.zeros(4, dtype=int), np.array([0.0, 1.0, 2.0])).sum(axis=0).tolist()
    [2.0, 1.0]
    """
    bins = len(edges) - 1
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = bins - 1
    inside = (place >= 0) & (place < bins)
    flat = np.bincount(blocks[inside] * bins + place[inside], minlength=BLOCKS * bins)
    return flat.reshape(BLOCKS, bins).astype(np.float64)


def filled(
    histograms: list[VoxelHistogram], observables: VoxelObservables, incident_mev: FloatArray
) -> dict[str, FloatArray]:
    """Fill all histograms but that of the voxels' energies.

    Parameters
    ----------
    histograms
        Their bins.
    observables
        Features of N showers.
    incident_mev
        Their incident energies in MeV, shape (N,).

    Returns
    -------
    dict
        Contents by key, shape (BLOCKS, bins).
    """
    blocks = blocks_of(len(observables))
    return {
        histogram.key: block_counts(values, blocks[chosen], histogram.edges)
        for histogram, values, chosen in _columns(histograms, observables, incident_mev)
    }


def _columns(
    histograms: list[VoxelHistogram], observables: VoxelObservables, incident_mev: FloatArray
) -> Iterator[tuple[VoxelHistogram, FloatArray, Any]]:
    for histogram in histograms:
        group, window = histogram.group, histogram.window_mev
        if group == VOXEL_ENERGY:
            continue
        if group != "response":
            yield histogram, observables.groups[group][:, histogram.column], slice(None)
        elif window is None:
            yield histogram, observables.response, slice(None)
        else:
            chosen = (incident_mev >= window[0]) & (incident_mev < window[1])
            yield histogram, observables.response[chosen], chosen
