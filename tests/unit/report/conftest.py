"""Run records made of a few figures, without samples and trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from showerkit.evaluate.stored_result import StoredEvaluation
from showerkit.report.run_record import RunRecord
from showerkit.report.training_stages import TrainingStage

KINDS = {"hit_probability.mse": "squared", "classifier.low_level.auc": "level"}
FLOOR = {"hit_probability.mse": (4.0e-4, 1.0e-5)}


def comparison(measures, mse_per_bin):
    bins = len(mse_per_bin)
    hits = {
        "edges_mev": list(np.linspace(0.0, 20_000.0, bins + 1)),
        "mse": list(mse_per_bin),
        "error": [1.0e-5] * bins,
        "expected": [None] * bins,
        "events": [(100.0, 100.0)] * bins,
        "mean": float(np.mean(mse_per_bin)),
        "mean_error": 1.0e-6,
        "mean_expected": None,
        "worst": float(np.max(mse_per_bin)),
        "worst_error": 1.0e-5,
        "worst_expected": None,
        "worst_energy_mev": 10.0,
    }
    stored = {
        key: {
            "key": key,
            "label": key,
            "unit": "",
            "group": key.split(".")[0],
            "kind": KINDS.get(key, "shift"),
            "value": value,
            "error": error,
        }
        for key, (value, error) in measures.items()
    }
    sample = {"name": "x", "generator": "x", "seed": 1, "n_events": 1000, "timing": None, "curves": {}}
    return sample | {"paired_with_reference": True, "measures": stored, "hit_probability": hits}


@pytest.fixture
def make_run():
    """Make a run of a recipe with some settings, measures and losses."""

    def make(
        name,
        measures=None,
        *,
        recipe=None,
        ancestors=(),
        values=None,
        mse_per_bin=(4.0e-4,) * 20,
        floor=None,
        losses=None,
        diverged=None,
        shipped=None,
    ):
        evaluation = StoredEvaluation.model_validate(
            {
                "detector": "zdc-ecal",
                "settings": {"threshold_mev": 0.1, "energy_bin_mev": 100.0, "seed": 1, "bootstrap": 20},
                "notes": [],
                "reference": comparison({}, (4.0e-4,) * 20),
                "floor": comparison(floor or FLOOR, (4.0e-4,) * 20),
                "candidates": [comparison(measures or {}, mse_per_bin)],
            }
        )
        values = {"name": recipe or name, **(values or {})}
        stages = ()
        if losses is not None:
            table = {key: np.asarray(column, dtype=float) for key, column in losses.items()}
            stages = (TrainingStage("adversarial", table, values.get("adversarial") or {}, None),)
        return RunRecord(
            name=name,
            recipe=recipe or name,
            ancestors=tuple(ancestors),
            command="",
            values=values,
            shipped=shipped,
            environment={},
            stages=stages,
            start=None,
            diverged=diverged,
            source=Path("metrics.json"),
            evaluation=evaluation,
        )

    return make
