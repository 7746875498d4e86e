"""What one pass over a sample of showers keeps: per-event observables and sums, never the showers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from showerkit.evaluate.bootstrap import WeightedSums
from showerkit.evaluate.hit_probability import CellMeans, affordable_replicas, energy_bin
from showerkit.evaluate.hits_only import hits_of
from showerkit.evaluate.observables import Observables, join_observables, shower_observables
from showerkit.evaluate.profiles import ProfileBins, event_profiles
from showerkit.typing import FloatArray

if TYPE_CHECKING:
    from showerkit.data.records import Showers
    from showerkit.data.schema import FileMetadata
    from showerkit.data.timing import Timing
    from showerkit.geometry.calorimeter import Calorimeter


@dataclass(frozen=True, eq=False)
class Binning:
    """The bins that all samples of a comparison share, taken from the reference.

    Parameters
    ----------
    energy_mev
        Edges of the incident-energy bins of the hit probability, in MeV.
    response_mev
        Edges of the incident-energy bins of response and resolution, in MeV.
    profiles
        Edges of the profiles.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    hits_only
        Whether deposits that are no hits are taken for none.
    """

    energy_mev: FloatArray
    response_mev: FloatArray
    profiles: ProfileBins
    threshold_mev: float
    hits_only: bool = False


@dataclass(frozen=True, eq=False)
class SampleFacts:
    """Where a sample comes from."""

    name: str
    path: Path
    metadata: FileMetadata
    timing: Timing | None


@dataclass(frozen=True, eq=False)
class SampleSummary:
    """One sample after its pass: all that comparisons and figures need.

    Parameters
    ----------
    facts
        Where it comes from.
    observables
        Observables of its N showers.
    weights
        Bootstrap weights of its showers, shape (N, 1 + replicas).
    hits
        Hit cells per energy bin.
    masks
        Mask probabilities per energy bin, if the sample has them.
    lateral_x, lateral_y, radial
        Mean shares of the deposit per mm.
    layers
        Mean deposit per layer in MeV.
    cells
        Mean number of hit cells by energy.
    """

    facts: SampleFacts
    observables: Observables
    weights: NDArray[np.uint8]
    hits: CellMeans
    masks: CellMeans | None
    lateral_x: WeightedSums
    lateral_y: WeightedSums
    radial: WeightedSums
    layers: WeightedSums
    cells: WeightedSums

    def __len__(self) -> int:
        return len(self.observables)


class SampleAccumulator:
    """Builds a `SampleSummary` from batches.

    Parameters
    ----------
    facts
        Where the sample comes from.
    detector
        Its calorimeter.
    binning
        The shared bins.
    replicas
        Number of bootstrap replicas.
    with_masks
        Whether the batches carry mask probabilities.
    """

    def __init__(
        self,
        facts: SampleFacts,
        detector: Calorimeter,
        binning: Binning,
        replicas: int,
        *,
        with_masks: bool = False,
    ) -> None:
        self.facts, self.detector, self.binning = facts, detector, binning
        n_bins, n_cells, bins = len(binning.energy_mev) - 1, detector.n_cells, binning.profiles
        light = affordable_replicas(replicas, n_bins, n_cells)
        self._hits = CellMeans(n_bins, n_cells, light)
        self._masks = CellMeans(n_bins, n_cells, light) if with_masks else None
        self._lateral_x = WeightedSums(replicas, len(bins.x_mm) - 1)
        self._lateral_y = WeightedSums(replicas, len(bins.y_mm) - 1)
        self._radial = WeightedSums(replicas, len(bins.radius_mm) - 1)
        self._layers = WeightedSums(replicas, len(detector.layers))
        self._cells = WeightedSums(replicas, len(bins.cell_mev) - 1)
        self._observables: list[Observables] = []
        self._weights: list[NDArray[np.uint8]] = []

    def add(self, showers: Showers, weights: NDArray[np.uint8]) -> None:
        """Add a batch of n showers with their bootstrap weights, shape (n, 1 + replicas)."""
        if len(showers) == 0:
            return
        threshold = self.binning.threshold_mev
        if self.binning.hits_only:
            showers = hits_of(showers, threshold)
        seen = shower_observables(showers, self.detector, threshold)
        profiles = event_profiles(showers, seen, self.detector, self.binning.profiles, threshold)
        bins = energy_bin(seen.incident_mev, self.binning.energy_mev)
        self._hits.add(bins, weights, (showers.energy_mev > threshold).astype(np.float32))
        if self._masks is not None and showers.mask_probability is not None:
            self._masks.add(bins, weights, showers.mask_probability)
        self._lateral_x.add(weights, profiles.lateral_x, profiles.valid)
        self._lateral_y.add(weights, profiles.lateral_y, profiles.valid)
        self._radial.add(weights, profiles.radial, profiles.valid)
        self._layers.add(weights, profiles.layers_mev)
        self._cells.add(weights, profiles.cells)
        self._observables.append(seen)
        self._weights.append(weights)

    def summary(self) -> SampleSummary:
        """Finish the pass."""
        return SampleSummary(
            facts=self.facts,
            observables=join_observables(self._observables),
            weights=np.concatenate(self._weights),
            hits=self._hits,
            masks=self._masks,
            lateral_x=self._lateral_x,
            lateral_y=self._lateral_y,
            radial=self._radial,
            layers=self._layers,
            cells=self._cells,
        )
