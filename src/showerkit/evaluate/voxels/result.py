"""Typed results of an evaluation of showers on voxels and their JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from showerkit.evaluate.result import Curve, measures_json, plain_json

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.timing import Timing
    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.two_sample_measures import TwoSampleResult
    from showerkit.evaluate.voxels.separations import Separations
    from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.typing import FloatArray

#: What metrics.json says of itself.
VOXELS_KIND = "voxels"


@dataclass(frozen=True)
class VoxelOrigin:
    """What made a sample, as far as its files say."""

    generator: str


@dataclass(frozen=True)
class VoxelFacts:
    """Where a sample comes from.

    Parameters
    ----------
    name, path
        Its name in the report, and its file or folder.
    form
        The layout of its files.
    timing
        How long it took to make, if that is known.
    metadata
        What made it.
    """

    name: str
    path: Path
    form: str
    timing: Timing | None
    metadata: VoxelOrigin


@dataclass(frozen=True, eq=False)
class VoxelSampleResult:
    """What the report shows of one sample.

    Parameters
    ----------
    facts
        Where it comes from.
    n_events, n_empty
        Number of showers, and of those without a deposit.
    n_below
        Deposits that were above 0 and below the threshold, and counted as 0.
    energy_mev
        Least and largest incident energy in MeV.
    curves
        Histograms by key, normalised to 1, and the mean deposit by layer.
    numbers
        Means of key observables.
    rings
        Mean deposit of each ring of each layer in MeV, an array (rings,) for each layer.
    """

    facts: VoxelFacts
    n_events: int
    n_empty: int
    n_below: int
    energy_mev: tuple[float, float]
    curves: dict[str, Curve]
    numbers: dict[str, Measurement]
    rings: tuple[FloatArray, ...]


@dataclass(frozen=True, eq=False)
class VoxelComparison:
    """A sample against the reference."""

    paired: bool
    measures: dict[str, Measurement]
    separations: Separations
    two_samples: TwoSampleResult | None


@dataclass(frozen=True, eq=False)
class VoxelCandidate:
    """A sample and its comparison with the reference."""

    sample: VoxelSampleResult
    comparison: VoxelComparison


@dataclass(frozen=True, eq=False)
class VoxelResult:
    """Everything an evaluation of showers on voxels found.

    Parameters
    ----------
    config
        Its settings.
    geometry
        The voxels.
    threshold_mev
        Deposits below this, in MeV, counted as 0.
    reference
        The reference.
    floor
        A second sample of the full simulation, against the reference.
    floor_kind
        "file" or "halves" (the reference's two halves, scaled to its whole).
    candidates
        What was evaluated.
    training_showers
        Number of showers that the candidates' generator has learnt from, if they were given.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: VoxelEvaluationConfig
    geometry: VoxelGeometry
    threshold_mev: float
    reference: VoxelSampleResult
    floor: VoxelCandidate
    floor_kind: Literal["file", "halves"]
    candidates: tuple[VoxelCandidate, ...]
    training_showers: int | None
    notes: tuple[str, ...]
    command: str

    @property
    def shown(self) -> tuple[VoxelSampleResult, ...]:
        """What is drawn beside the reference and the floor."""
        return tuple(candidate.sample for candidate in self.candidates)

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        floor = self.floor.comparison.measures
        return {
            "schema_version": 1,
            "kind": VOXELS_KIND,
            "command": self.command,
            "geometry": self.geometry.name,
            "threshold_mev": self.threshold_mev,
            "settings": self.config.model_dump(mode="json"),
            "training_showers": self.training_showers,
            "notes": list(self.notes),
            "reference": _sample_json(self.reference),
            "floor": {"source": self.floor_kind, **_candidate_json(self.floor, None)},
            "candidates": [_candidate_json(candidate, floor) for candidate in self.candidates],
        }


def _candidate_json(candidate: VoxelCandidate, floor: dict[str, Measurement] | None) -> dict[str, Any]:
    found = candidate.comparison
    return {
        **_sample_json(candidate.sample),
        "paired": found.paired,
        "measures": measures_json(found.measures, floor or {}),
        "separation_powers": [plain_json(dataclasses.asdict(one)) for one in found.separations.each.values()],
        "equivalent_showers": plain_json(dataclasses.asdict(found.separations.equivalent)),
        "two_samples": plain_json(found.two_samples),
    }


def _sample_json(sample: VoxelSampleResult) -> dict[str, Any]:
    return {
        "name": sample.facts.name,
        "file": sample.facts.path.name,
        "form": sample.facts.form,
        "n_events": sample.n_events,
        "n_empty": sample.n_empty,
        "n_below_threshold": sample.n_below,
        "incident_energy_mev": list(sample.energy_mev),
        "timing": None if sample.facts.timing is None else sample.facts.timing.model_dump(),
        "numbers": plain_json(sample.numbers),
        "curves": plain_json(sample.curves),
        "mean_energy_of_rings_mev": [part.tolist() for part in sample.rings],
    }
