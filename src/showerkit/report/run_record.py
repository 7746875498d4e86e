"""What a page about several runs needs to know of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from showerkit.evaluate.hit_probability import HitProbabilityDistance
    from showerkit.evaluate.measurement import Measurement
    from showerkit.evaluate.result import Curve
    from showerkit.evaluate.stored_result import StoredComparison, StoredEvaluation
    from showerkit.report.training_stages import TrainingStage


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run of a recipe, finished.

    Parameters
    ----------
    name
        What the page calls it.
    recipe
        Name of its recipe.
    ancestors
        Names of the recipes that the recipe builds on, the nearest first.
    command
        The command that repeats it.
    values
        Its resolved recipe, all settings written out.
    shipped
        Its recipe as it is shipped, all settings written out; None: it is not shipped.
    environment
        Where it was trained and on what.
    stages
        The stages trained in this run, in their order.
    start
        The run whose regression the adversarial stage starts from; None: its own.
    diverged
        Where and how the training ran away; None: it did not.
    source
        The file of its evaluation.
    evaluation
        The evaluation.
    """

    name: str
    recipe: str
    ancestors: tuple[str, ...]
    command: str
    values: Mapping[str, Any]
    shipped: Mapping[str, Any] | None
    environment: Mapping[str, Any]
    stages: tuple[TrainingStage, ...]
    start: str | None
    diverged: str | None
    source: Path
    evaluation: StoredEvaluation

    @cached_property
    def settings(self) -> dict[str, str]:
        """Its resolved recipe as text, by dotted key."""
        return flat_settings(self.values)

    def stage(self, kind: str) -> TrainingStage | None:
        """The stage of that kind, if it was trained in this run."""
        return next((stage for stage in self.stages if stage.kind == kind), None)

    @property
    def adversarial(self) -> bool:
        """Whether its recipe has an adversarial stage."""
        return isinstance(self.values.get("adversarial"), dict)

    @property
    def seconds(self) -> float:
        """Time of all epochs of its stages; NaN: not known."""
        return float(sum(stage.seconds for stage in self.stages)) if self.stages else float("nan")

    @property
    def candidate(self) -> StoredComparison:
        """The run's showers against the reference."""
        return self.evaluation.candidates[0]

    @cached_property
    def measures(self) -> dict[str, Measurement]:
        """Every measure of the run's showers."""
        return {key: measure.measurement() for key, measure in self.candidate.measures.items()}

    @cached_property
    def floor_measures(self) -> dict[str, Measurement]:
        """Every measure of the second sample of the full simulation."""
        return {key: measure.measurement() for key, measure in self.evaluation.floor.measures.items()}

    @cached_property
    def hit_probability(self) -> HitProbabilityDistance:
        """The hit probability's distance per energy bin."""
        return self.candidate.hit_probability.distance(self.source)

    @cached_property
    def mask_probability(self) -> HitProbabilityDistance | None:
        """The same of MASK, if the generator has one."""
        mask = self.candidate.mask_probability
        return None if mask is None else mask.distance(self.source)

    @cached_property
    def floor_hit_probability(self) -> HitProbabilityDistance:
        """The floor of the hit probability's distance."""
        return self.evaluation.floor.hit_probability.distance(self.source)

    def curves(self, key: str) -> tuple[Curve, Curve, Curve]:
        """A curve of the run's showers, of the reference and of the floor."""
        samples = (self.candidate, self.evaluation.reference, self.evaluation.floor)
        one, two, three = (sample.curves[key].curve() for sample in samples)
        return one, two, three


def flat_settings(values: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Write nested settings as text by dotted key; lists stay whole.

    Examples
    --------
    >>> flat_settings({"loss": {"value_weight": 200.0}, "model": {"inputs": ["energy", "px"]}})
    {'loss.value_weight': '200', 'model.inputs': '[energy, px]'}
    """
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            flat |= flat_settings(value, f"{name}.")
        else:
            flat[name] = setting_text(value)
    return flat


def differing_settings(records: Sequence[RunRecord]) -> list[str]:
    """Settings that are not the same in all runs, in the order of the recipes; names do not count."""
    keys = list(dict.fromkeys(key for record in records for key in record.settings))
    return [
        key
        for key in keys
        if key not in ("name", "description") and len({record.settings.get(key) for record in records}) > 1
    ]


def same_floor(records: Sequence[RunRecord]) -> bool:
    """Whether all runs were judged by the same two samples of the full simulation."""
    first = records[0]
    return all(
        record.evaluation.floor.measures == first.evaluation.floor.measures
        and record.evaluation.reference.curves == first.evaluation.reference.curves
        for record in records
    )


def setting_text(value: Any) -> str:
    """Write one setting as a reader would in a recipe.

    Examples
    --------
    >>> setting_text(200.0), setting_text(None), setting_text({"kind": "concrete", "temperature": 0.5})
    ('200', 'none', 'concrete, temperature 0.5')
    """
    if value is None:
        return "none"
    if isinstance(value, float) and np.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return f"[{', '.join(setting_text(item) for item in value)}]"
    if isinstance(value, dict):
        words = [setting_text(value["kind"])] if "kind" in value else []
        words += [f"{key} {setting_text(item)}" for key, item in value.items() if key != "kind"]
        return ", ".join(words)
    return value if isinstance(value, str) else json.dumps(value)
