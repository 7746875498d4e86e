"""Typed results of an evaluation of files of jets and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from showerkit.evaluate.result import Curve, measures_json, plain_json

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.data.jet_schema import JetFileMetadata
    from showerkit.data.timing import Timing
    from showerkit.evaluate.jets.jet_images import AverageImage, SingleJets
    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.training_record import TrainingRecord

#: What metrics.json says of itself.
JETS_KIND = "jets"


@dataclass(frozen=True)
class JetFacts:
    """Where a sample of jets comes from."""

    name: str
    path: Path
    metadata: JetFileMetadata
    timing: Timing | None


@dataclass(frozen=True, eq=False)
class JetSampleResult:
    """What the report shows of one sample.

    Parameters
    ----------
    facts
        Where it comes from.
    n_jets, n_used
        Number of jets of the file, and of those that were looked at.
    n_bad
        Particles of negative pT that were taken out.
    types
        Number of jets looked at by their type.
    curves
        Histograms by the observable's key; ``TYPE.key`` for one type of jet, if there are several.
    numbers
        Means of the observables.
    image
        The average image.
    """

    facts: JetFacts
    n_jets: int
    n_used: int
    n_bad: int
    types: dict[str, int]
    curves: dict[str, Curve]
    numbers: dict[str, Measurement]
    image: AverageImage


@dataclass(frozen=True, eq=False)
class JetComparison:
    """A sample of jets against the reference.

    Parameters
    ----------
    measures
        All measures by key.
    by_type
        The same for each type of jet, if there are several.
    details
        Batches and parts of the measures, as JSON knows them.
    """

    measures: dict[str, Measurement]
    by_type: dict[str, dict[str, Measurement]]
    details: dict[str, Any]


@dataclass(frozen=True, eq=False)
class JetCandidate:
    """A sample and its comparison with the reference."""

    sample: JetSampleResult
    comparison: JetComparison


@dataclass(frozen=True, eq=False)
class JetReconstruction:
    """Jets of the reference as an autoencoder gives them back.

    Parameters
    ----------
    sample
        What the report shows of them.
    ratios
        Mean and spread over the jets of reconstructed over true mass and pT.
    """

    sample: JetSampleResult
    ratios: dict[str, Measurement]


@dataclass(frozen=True, eq=False)
class JetReportResult:
    """Everything an evaluation of files of jets found.

    Parameters
    ----------
    config
        The settings asked for.
    used
        The settings with batches that fit the samples.
    reference
        The reference.
    floor
        A second sample of the reference's simulation, against the reference.
    floor_kind
        "file", "candidate" or "halves" (the reference's two halves, scaled to its whole).
    candidates
        What was evaluated.
    reconstructions
        Jets of the reference as models give them back.
    trainings
        How those and other models were trained.
    single_jets
        Jets side by side.
    comparable
        Whether numbers of jets and settings are those of published W1, FPD and KPD.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: JetReportConfig
    used: JetReportConfig
    reference: JetSampleResult
    floor: JetCandidate
    floor_kind: Literal["file", "candidate", "halves"]
    candidates: tuple[JetCandidate, ...]
    reconstructions: tuple[JetReconstruction, ...]
    trainings: tuple[TrainingRecord, ...]
    single_jets: tuple[SingleJets, ...]
    comparable: bool
    notes: tuple[str, ...]
    command: str

    @property
    def shown(self) -> tuple[JetSampleResult, ...]:
        """What is drawn beside the reference and the floor: candidates, then reconstructions."""
        reconstructed = (one.sample for one in self.reconstructions)
        return (*(candidate.sample for candidate in self.candidates), *reconstructed)

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        floor = self.floor.comparison
        return {
            "schema_version": 1,
            "kind": JETS_KIND,
            "command": self.command,
            "settings": self.config.model_dump(mode="json"),
            "settings_used": self.used.model_dump(mode="json"),
            "comparable_with_published": self.comparable,
            "notes": list(self.notes),
            "reference": _sample_json(self.reference),
            "floor": {"source": self.floor_kind, **_candidate_json(self.floor, None)},
            "candidates": [_candidate_json(candidate, floor) for candidate in self.candidates],
            "reconstructions": [
                {**_sample_json(one.sample), "ratios": plain_json(one.ratios)} for one in self.reconstructions
            ],
        }


def _candidate_json(candidate: JetCandidate, floor: JetComparison | None) -> dict[str, Any]:
    found = candidate.comparison
    return {
        **_sample_json(candidate.sample),
        "measures": measures_json(found.measures, {} if floor is None else floor.measures),
        "by_type": {
            name: measures_json(measures, {} if floor is None else floor.by_type.get(name, {}))
            for name, measures in found.by_type.items()
        },
        "details": plain_json(found.details),
    }


def _sample_json(sample: JetSampleResult) -> dict[str, Any]:
    metadata = sample.facts.metadata
    return {
        "name": sample.facts.name,
        "file": sample.facts.path.name,
        "generator": metadata.generator,
        "kind": metadata.kind,
        "process": metadata.process,
        "constituents": metadata.constituents,
        "seed": metadata.seed,
        "versions": dict(metadata.versions),
        "n_jets": sample.n_jets,
        "n_used": sample.n_used,
        "n_particles_of_negative_pt": sample.n_bad,
        "types": dict(sample.types),
        "timing": None if sample.facts.timing is None else sample.facts.timing.model_dump(),
        "numbers": plain_json(sample.numbers),
        "curves": plain_json(sample.curves),
    }
