"""Typed results of an evaluation of calibrated jets and their JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from showerkit.evaluate.result import Curve, plain_json

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.aims import Aim
    from showerkit.evaluate.jet_energy.sample import JetCalibration, JetTruth
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.evaluate.measurement import Measurement
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class ResponseMap:
    """Mean response in bins of true pT and true |eta| together, shape (pT bins, |eta| bins).

    Parameters
    ----------
    response, error
        Mean and its standard error; NaN with fewer than ten jets.
    """

    response: FloatArray
    error: FloatArray


@dataclass(frozen=True, eq=False)
class CalibrationResult:
    """What was found about one calibration.

    Parameters
    ----------
    sample
        Its jets, and where they come from.
    measures
        Figures with errors, by key; ratios are to the baseline.
    curves
        Dependences and histograms, by name.
    closure_map
        Response in bins of pT and |eta| together.
    nominal_coverage
        What the intervals should cover.
    aims
        Which aims are reached; none for jets as the detector saw them.
    """

    sample: JetCalibration
    measures: dict[str, Measurement]
    curves: dict[str, Curve]
    closure_map: ResponseMap
    nominal_coverage: float
    aims: tuple[Aim, ...]

    @property
    def name(self) -> str:
        """Name of the calibration."""
        return self.sample.name


@dataclass(frozen=True, eq=False)
class JetEnergyEvaluation:
    """Everything an evaluation of calibrated jets found.

    Parameters
    ----------
    config
        Its settings.
    reference
        The truth.
    pt_edges_gev, abs_eta_edges
        Edges of the bins of the true pT in GeV and of the true |eta|.
    calibrations
        What was found about each candidate, and last about the uncalibrated jets.
    baseline
        Number of the one that ratios are to.
    shown_bins
        Bins of pT whose distributions of the response are drawn.
    notes
        What a reader must know to judge the figures.
    command
        How the evaluation was called.
    """

    config: JetEnergyEvaluationConfig
    reference: JetTruth
    pt_edges_gev: FloatArray
    abs_eta_edges: FloatArray
    calibrations: tuple[CalibrationResult, ...]
    baseline: int
    shown_bins: tuple[int, ...]
    notes: tuple[str, ...]
    command: str

    @property
    def baseline_name(self) -> str:
        """Name of the baseline."""
        return self.calibrations[self.baseline].name

    def to_json(self) -> dict[str, Any]:
        """Give what metrics.json holds: plain numbers, lists and texts; what is not finite is null."""
        metadata = self.reference.metadata
        return {
            "schema_version": 1,
            "kind": "jet-energy",
            "command": self.command,
            "settings": self.config.model_dump(mode="json"),
            "notes": list(self.notes),
            "pt_edges_gev": plain_json(self.pt_edges_gev),
            "abs_eta_edges": plain_json(self.abs_eta_edges),
            "baseline": self.baseline_name,
            "reference": {
                "name": self.reference.name,
                "file": self.reference.path.name,
                "fingerprint": self.reference.fingerprint,
                "generator": metadata.generator,
                "process": metadata.process,
                "seed": metadata.seed,
                "n_jets": len(self.reference),
            },
            "candidates": [_calibration_json(one) for one in self.calibrations],
        }


def _calibration_json(found: CalibrationResult) -> dict[str, Any]:
    sample = found.sample
    return {
        "name": sample.name,
        "file": None if sample.path is None else sample.path.name,
        "model": None if sample.metadata is None else plain_json(sample.metadata.model),
        "versions": {} if sample.metadata is None else dict(sample.metadata.versions),
        "timing": None if sample.timing is None else sample.timing.model_dump(),
        "measures": plain_json(found.measures),
        "curves": plain_json(found.curves),
        "closure_map": plain_json(found.closure_map),
        "nominal_coverage": found.nominal_coverage,
        "aims": plain_json(found.aims),
    }
