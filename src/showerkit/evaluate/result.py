"""Typed results of an evaluation and their JSON."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel

from showerkit.evaluate.hit_probability import HitProbabilityDistance
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.sample import SampleFacts
from showerkit.evaluate.settings import FittedEvaluationConfig
from showerkit.evaluate.two_sample_measures import TwoSampleResult
from showerkit.typing import Float32Array, FloatArray

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter


@dataclass(frozen=True, eq=False)
class Curve:
    """A histogram, profile or dependence with errors.

    Parameters
    ----------
    x
        Where the values lie, shape (n,).
    edges
        Edges of the bins, shape (n + 1,), or None where x are means.
    y, error
        Values and standard errors, shape (n,).
    """

    x: FloatArray
    edges: FloatArray | None
    y: FloatArray
    error: FloatArray


@dataclass(frozen=True, eq=False)
class SampleResult:
    """What the report shows of one sample."""

    facts: SampleFacts
    n_events: int
    n_empty: int
    n_outside_energy: int
    curves: dict[str, Curve]
    numbers: dict[str, Measurement]
    hit_probability: FloatArray
    mask_probability: FloatArray | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """A sample against the reference."""

    paired: bool
    measures: dict[str, Measurement]
    hit_probability: HitProbabilityDistance
    mask_probability: HitProbabilityDistance | None
    two_samples: TwoSampleResult | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """A sample and its comparison with the reference."""

    sample: SampleResult
    comparison: Comparison


@dataclass(frozen=True, eq=False)
class EventImage:
    """The same (or the nearest) incident particle's shower in every sample, summed over the layers.

    Parameters
    ----------
    energy_mev, theta_deg
        Of the reference's incident particle, in MeV and degrees.
    pdg
        Its particle code.
    images
        Name of the column and deposits in MeV (for a mask: probabilities), as `front_view` gives them.
    masks
        Names of the columns that hold probabilities.
    totals_mev
        Name of the column and the whole deposit in MeV.
    """

    energy_mev: float
    theta_deg: float
    pdg: int
    images: dict[str, Float32Array]
    masks: frozenset[str]
    totals_mev: dict[str, float]


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """Everything an evaluation found.

    Parameters
    ----------
    config
        Its settings, with the bins used.
    detector
        The calorimeter.
    energy_edges_mev
        Edges of the incident-energy bins, in MeV.
    reference
        The reference.
    floor
        A second sample of the generator of the reference, against the reference.
    floor_kind
        "file", "candidate" or "halves" (the reference's two halves, scaled to its whole).
    candidates
        What was evaluated.
    events
        Showers side by side.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: FittedEvaluationConfig
    detector: Calorimeter
    energy_edges_mev: FloatArray
    reference: SampleResult
    floor: Candidate
    floor_kind: Literal["file", "candidate", "halves"]
    candidates: tuple[Candidate, ...]
    events: tuple[EventImage, ...]
    notes: tuple[str, ...]
    command: str

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        floor = self.floor.comparison.measures
        return {
            "schema_version": 1,
            "command": self.command,
            "settings": self.config.model_dump(),
            "detector": self.detector.name,
            "notes": list(self.notes),
            "reference": _sample_json(self.reference),
            "floor": {"source": self.floor_kind, **_candidate_json(self.floor, {})},
            "candidates": [_candidate_json(candidate, floor) for candidate in self.candidates],
        }


def ratio_to_floor(measure: Measurement, floor: Measurement | None) -> float | None:
    """Value over the floor's value, for distances; None for a shift, a level or without a floor."""
    if floor is None or measure.kind not in ("squared", "distance") or not floor.value > 0.0:
        return None
    return measure.value / floor.value


def floor_of(key: str, floor: dict[str, Measurement]) -> Measurement | None:
    """Find what a measure is read beside: a mask's MSE has the hits' MSE as its floor."""
    return floor.get(key.replace("mask_probability.", "hit_probability."))


def measures_json(measures: dict[str, Measurement], floor: dict[str, Measurement]) -> dict[str, Any]:
    """Measures as JSON knows them, each with its floor's value where there is one."""
    entries = {}
    for key, measure in measures.items():
        entry = plain_json(measure)
        beside = floor_of(key, floor)
        if beside is not None:
            entry["floor"], entry["floor_error"] = plain_json(beside.value), plain_json(beside.error)
            entry["ratio_to_floor"] = plain_json(ratio_to_floor(measure, beside))
        entries[key] = entry
    return entries


def _candidate_json(candidate: Candidate, floor: dict[str, Measurement]) -> dict[str, Any]:
    comparison = candidate.comparison
    return {
        **_sample_json(candidate.sample),
        "paired_with_reference": comparison.paired,
        "measures": measures_json(comparison.measures, floor),
        "hit_probability": plain_json(comparison.hit_probability),
        "mask_probability": plain_json(comparison.mask_probability),
        "two_samples": plain_json(comparison.two_samples),
    }


def _sample_json(sample: SampleResult) -> dict[str, Any]:
    metadata = sample.facts.metadata
    return {
        "name": sample.facts.name,
        "file": sample.facts.path.name,
        "generator": metadata.generator,
        "kind": metadata.kind,
        "seed": metadata.seed,
        "versions": dict(metadata.versions),
        "physics_data": metadata.physics_data,
        "n_events": sample.n_events,
        "n_empty": sample.n_empty,
        "n_outside_energy_range": sample.n_outside_energy,
        "timing": None if sample.facts.timing is None else sample.facts.timing.model_dump(),
        "numbers": plain_json(sample.numbers),
        "curves": plain_json(sample.curves),
    }


def plain_json(value: Any) -> Any:
    """Turn results into what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [plain_json(item) for item in value.tolist()]
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    return value
