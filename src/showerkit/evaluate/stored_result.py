"""Read ``metrics.json`` back: the numbers of an evaluation that was made before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ConfigDict, Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.timing import Timing
from showerkit.errors import FileFormatError
from showerkit.evaluate.hit_probability import HitProbabilityDistance
from showerkit.evaluate.measurement import MeasureKind, Measurement
from showerkit.evaluate.result import Curve

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.typing import FloatArray

#: What is not finite is null in the file.
_Number = float | None


class _Stored(StrictConfig):
    """A part of the file; what a reader does not need may stand there as well."""

    model_config = ConfigDict(extra="ignore")


class StoredMeasure(_Stored):
    """One measure with its error; the floor's own measures stand with the floor."""

    key: str
    label: str
    unit: str
    group: str
    kind: MeasureKind
    value: _Number
    error: _Number
    expected: _Number = None

    def measurement(self) -> Measurement:
        """The measure as the evaluation had it."""
        return Measurement(
            key=self.key,
            label=self.label,
            unit=self.unit,
            group=self.group,
            kind=self.kind,
            value=_number(self.value),
            error=_number(self.error),
            expected=self.expected,
        )


class StoredCurve(_Stored):
    """A curve."""

    x: list[_Number]
    edges: list[_Number] | None
    y: list[_Number]
    error: list[_Number]

    def curve(self) -> Curve:
        """The curve as the evaluation had it."""
        edges = None if self.edges is None else _array(self.edges)
        return Curve(_array(self.x), edges, _array(self.y), _array(self.error))


class StoredHitDistance(_Stored):
    """Mean squared errors per energy bin."""

    edges_mev: list[float] = Field(min_length=2)
    mse: list[_Number]
    error: list[_Number]
    expected: list[_Number]
    events: list[tuple[float, float]]
    mean: _Number
    mean_error: _Number
    mean_expected: _Number
    worst: _Number
    worst_error: _Number
    worst_expected: _Number
    worst_energy_mev: _Number

    def distance(self, source: Path) -> HitProbabilityDistance:
        """The distance as the evaluation had it."""
        bins = len(self.edges_mev) - 1
        for name in ("mse", "error", "expected", "events"):
            found = len(getattr(self, name))
            if found != bins:
                raise FileFormatError(
                    f"{source}: {name} of the hit probability",
                    got=f"{found} energy bins",
                    expected=f"{bins}, as there are edges",
                )
        return HitProbabilityDistance(
            edges_mev=np.array(self.edges_mev),
            mse=_array(self.mse),
            error=_array(self.error),
            expected=_array(self.expected),
            events=np.array(self.events),
            mean=_number(self.mean),
            mean_error=_number(self.mean_error),
            mean_expected=_number(self.mean_expected),
            worst=_number(self.worst),
            worst_error=_number(self.worst_error),
            worst_expected=_number(self.worst_expected),
            worst_energy_mev=_number(self.worst_energy_mev),
        )


class StoredSample(_Stored):
    """A sample and its curves."""

    name: str
    generator: str
    seed: int
    n_events: int
    timing: Timing | None
    curves: dict[str, StoredCurve]


class StoredClassifier(_Stored):
    """A classifier's scatter over its trainings."""

    spread: _Number = None


class StoredTwoSamples(_Stored):
    """What the measures of two samples tell beyond their values."""

    classifiers: dict[str, StoredClassifier] = Field(default_factory=dict)


class StoredComparison(StoredSample):
    """A sample and its comparison with the reference."""

    paired_with_reference: bool
    measures: dict[str, StoredMeasure]
    hit_probability: StoredHitDistance
    mask_probability: StoredHitDistance | None = None
    two_samples: StoredTwoSamples | None = None


class StoredSettings(_Stored):
    """The settings that decide whether two evaluations measure the same."""

    threshold_mev: float
    energy_bin_mev: float
    seed: int
    bootstrap: int


class StoredEvaluation(_Stored):
    """What ``metrics.json`` holds."""

    detector: str
    settings: StoredSettings
    notes: tuple[str, ...]
    reference: StoredSample
    floor: StoredComparison
    candidates: tuple[StoredComparison, ...] = Field(min_length=1)


def read_metrics(path: Path) -> StoredEvaluation:
    """Read the ``metrics.json`` of an evaluation.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    StoredEvaluation
        Its checked content.

    Raises
    ------
    FileFormatError
        If it is missing, damaged or no evaluation.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise FileFormatError(
            f"{path}", got=missing.strerror, expected="the metrics of an evaluation"
        ) from None
    except (ValueError, RecursionError):
        raise FileFormatError(
            f"{path}", got="no valid JSON", expected="the metrics of an evaluation"
        ) from None
    if not isinstance(values, dict):
        raise FileFormatError(f"{path}", got=type(values).__name__, expected="the metrics of an evaluation")
    return parse_config(StoredEvaluation, values, source=str(path), error=FileFormatError)


def _number(value: _Number) -> float:
    return float("nan") if value is None else value


def _array(values: list[_Number]) -> FloatArray:
    return np.array([_number(value) for value in values], dtype=np.float64)
