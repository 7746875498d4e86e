"""Typed results of an evaluation of reconstructed energies and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from showerkit.data.energy_schema import approximate_physics
from showerkit.evaluate.result import Curve, plain_json

if TYPE_CHECKING:
    from showerkit.evaluate.edge_step import EdgeStep
    from showerkit.evaluate.energy_sample import CandidateEnergies, TrueEnergies
    from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
    from showerkit.evaluate.interval_coverage import CoverageCurve
    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.resolution_fit import ResolutionFit
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class ParticleResult:
    """One kind of particle.

    Parameters
    ----------
    pdg, name
        Particle Data Group code, and the particle's name.
    events
        Number of events.
    measures
        Response, resolution and its ratio to the first candidate's.
    """

    pdg: int
    name: str
    events: int
    measures: dict[str, Measurement]


@dataclass(frozen=True, eq=False)
class EnergyCandidate:
    """What was found about one candidate.

    Parameters
    ----------
    sample
        Its energies, and where they come from.
    measures
        Figures with errors, by key.
    curves
        Dependences on the energy and histograms, by name; ``given_prediction`` is in bins of predicted
        energy.
    fits
        Fits of the resolution, of ``spread`` and ``core``; those that could be made.
    steps, steps_given_prediction
        Steps at the edges of the range: of predicted minus true energy given the true one, and of true minus
        predicted energy given the predicted one.
    coverage
        Coverage of the intervals against ``true`` and ``predicted`` energy; empty without intervals.
    nominal_coverage
        What the intervals should cover.
    particles
        By particle, if there are several.
    outside_range
        Predictions outside of the range of true energies.
    """

    sample: CandidateEnergies
    measures: dict[str, Measurement]
    curves: dict[str, Curve]
    fits: dict[str, ResolutionFit]
    steps: tuple[EdgeStep, ...]
    steps_given_prediction: tuple[EdgeStep, ...]
    coverage: dict[str, CoverageCurve]
    nominal_coverage: float
    particles: tuple[ParticleResult, ...]
    outside_range: int

    @property
    def name(self) -> str:
        """Name of the candidate."""
        return self.sample.name


@dataclass(frozen=True, eq=False)
class EnergyEvaluation:
    """Everything an evaluation of reconstructed energies found.

    Parameters
    ----------
    config
        Its settings.
    reference
        The truth.
    edges_mev
        Edges of the bins of true energy, in MeV.
    candidates
        What was found about each; ratios are to the first.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: EnergyEvaluationConfig
    reference: TrueEnergies
    edges_mev: FloatArray
    candidates: tuple[EnergyCandidate, ...]
    notes: tuple[str, ...]
    command: str

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        metadata = self.reference.metadata
        return {
            "schema_version": 1,
            "kind": "energy-regression",
            "command": self.command,
            "settings": self.config.model_dump(),
            "detector": metadata.detector.name,
            "notes": list(self.notes),
            "edges_mev": plain_json(self.edges_mev),
            "reference": {
                "name": self.reference.name,
                "file": self.reference.path.name,
                "generator": metadata.generator,
                "seed": metadata.seed,
                "physics_data": metadata.physics_data,
                "approximate_physics": approximate_physics(metadata.physics_data),
                "n_events": len(self.reference),
            },
            "candidates": [_candidate_json(candidate) for candidate in self.candidates],
        }


def _candidate_json(candidate: EnergyCandidate) -> dict[str, Any]:
    sample = candidate.sample
    return {
        "name": sample.name,
        "file": sample.path.name,
        "model": plain_json(sample.metadata.model),
        "shower_fingerprint": sample.metadata.shower_fingerprint,
        "versions": dict(sample.metadata.versions),
        "timing": None if sample.timing is None else sample.timing.model_dump(),
        "measures": plain_json(candidate.measures),
        "curves": plain_json(candidate.curves),
        "fits": {name: fit.to_dict() for name, fit in candidate.fits.items()},
        "steps": plain_json(candidate.steps),
        "steps_given_prediction": plain_json(candidate.steps_given_prediction),
        "coverage": plain_json(candidate.coverage),
        "nominal_coverage": candidate.nominal_coverage,
        "particles": plain_json(candidate.particles),
        "outside_range": candidate.outside_range,
    }
